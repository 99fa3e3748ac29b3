import { OutcomeUnknownError } from "@annals/core";
import type { OpenOptions } from "@annals/core/adapter";
import type { AnnalsTransaction } from "../connection/annals-transaction.ts";
import type { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import { openTransaction } from "../connection/transaction.ts";

/** A transaction that a repository's call opens for itself, with errors as those of its statements. */
export const storeTransaction = async <DB, Result>(
  database: Database<DB>,
  work: (tx: AnnalsTransaction<DB>) => Promise<Result>,
  { entity = "entities", call, clock }: OpenOptions = {},
): Promise<Result> => {
  if (call !== undefined) database.checkNotForgotten(call);
  return openTransaction(database.db, work, {
    ...(clock && { clock }),
    failed: (cause, outcome) =>
      outcome === "unknown"
        ? new OutcomeUnknownError({ entity }, { cause })
        : databaseError(`writing ${entity}`, cause),
  });
};
