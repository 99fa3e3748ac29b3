import { deleteExpiredIdempotencyKeys } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";

// #region delete
/** For a timer, an hour apart for example; any number of processes may do it. */
export const tidyUp = (db: Kysely<unknown>, signal: AbortSignal): Promise<number> =>
  deleteExpiredIdempotencyKeys(db, { batchSize: 1_000, signal });
// #endregion
