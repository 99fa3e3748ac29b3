import type { Join } from "./store.ts";

/** Whether a call takes part in a transaction; those that do not commit on their own. */
export const isJoined = <Tx>(join: Join<Tx>): join is Tx => join !== undefined && join !== "none";
