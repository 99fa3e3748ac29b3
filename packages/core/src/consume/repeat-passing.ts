import type { Clock } from "../port/clock.ts";
import type { ConsumerStore } from "../port/consumer-store.ts";
import { Backoff } from "./backoff.ts";
import { isPassing } from "./passing.ts";

const FIRST_MS = 50;
const MAX_MS = 5_000;

interface Repetition {
  readonly clock: Clock;
  readonly store: Pick<ConsumerStore<never>, "isTransient">;
  readonly stop: AbortSignal;
}

/**
 * Repeats what fails in passing, with growing pauses; what fails for good is thrown.
 *
 * @returns `undefined` when it was stopped before.
 */
export const repeatPassing = async <Result>(
  work: () => Promise<Result>,
  { clock, store, stop }: Repetition,
): Promise<Result | undefined> => {
  const pauses = new Backoff(clock, FIRST_MS, MAX_MS);
  while (!stop.aborted) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error, store)) throw error;
      await pauses.wait(stop);
    }
  }
  return undefined;
};
