import { type Clock, systemClock } from "@annals/core";

/** A clock that shows what a case wants it to, backwards too, and sleeps in real time. */
export const clockThat = (now: () => Date): Clock => ({ ...systemClock, now });
