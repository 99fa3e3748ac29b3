import { AnnalsError, InvalidArgumentError } from "@annals/core";
import type { Kysely } from "kysely";
import { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import { deleteExpiredKeys } from "../statements/idempotency-key.ts";

export interface DeleteExpiredOptions {
  /** How many keys are deleted at once, each batch with a commit of its own: 1 to 10,000. Default is 1,000. */
  readonly batchSize?: number;
  /** Stops after the batch in hand. */
  readonly signal?: AbortSignal;
}

const BATCH_SIZE_MAX = 10_000;

/**
 * Deletes the idempotency keys that have expired, of all entities, in batches. They count as absent
 * already; this gives their room back. Call it now and then, an hour apart for example, from any number
 * of processes.
 *
 * @returns how many were deleted.
 * @throws InvalidArgumentError, DatabaseError
 */
export const deleteExpiredIdempotencyKeys = async <DB>(
  db: Kysely<DB>,
  { batchSize = 1_000, signal }: DeleteExpiredOptions = {},
): Promise<number> => {
  checkBatchSize(batchSize);
  const database = new Database(db);
  let total = 0;
  while (signal?.aborted !== true) {
    const deleted = await deleteBatch(database, batchSize);
    total += deleted;
    if (deleted < batchSize) break;
  }
  return total;
};

const deleteBatch = async <DB>(database: Database<DB>, batchSize: number): Promise<number> => {
  try {
    const { rows } = await database.run<{ readonly deleted: number }>(
      deleteExpiredKeys,
      [batchSize],
      "none",
      ["idempotency keys", "deleteExpired"],
    );
    return rows[0]?.deleted ?? 0;
  } catch (error) {
    if (error instanceof AnnalsError) throw error;
    throw databaseError("deleting expired idempotency keys", error);
  }
};

const checkBatchSize = (batchSize: number): void => {
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= BATCH_SIZE_MAX) return;
  throw new InvalidArgumentError(
    "deleteExpiredIdempotencyKeys",
    `batchSize is not a whole number from 1 to ${BATCH_SIZE_MAX}`,
    "Leave it out for 1,000.",
  );
};
