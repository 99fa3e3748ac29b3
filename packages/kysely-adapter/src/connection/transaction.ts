import type { WriteEnd } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import { identityOf, type RunningTransaction, runningTransaction } from "./database.ts";
import { isReportedByServer } from "./sqlstate.ts";

/**
 * Runs `work` in one transaction: it commits when `work` returns and rolls back when it throws.
 *
 * Repositories take part with `{ tx }`; a call of theirs that forgets it while `work` is running is a
 * TransactionNotJoinedError, not a second commit. Entities written in it keep their events as pending
 * until the commit, and get them back after a rollback.
 *
 * @throws whatever `work` throws, and the database's error when the commit is refused.
 */
export const transaction = async <DB, Result>(
  db: Kysely<DB>,
  work: (tx: Transaction<DB>) => Promise<Result>,
): Promise<Result> => {
  const endListeners: ((end: WriteEnd) => void)[] = [];
  let committing = false;
  let running: RunningTransaction | undefined;
  let failure: { readonly error: unknown } | undefined;
  const end = (how: WriteEnd): void => {
    if (running !== undefined) running.isOver = true;
    for (const listener of endListeners.reverse()) listener(how);
  };
  try {
    const result = await db.transaction().execute(async (tx) => {
      running = { identity: identityOf(db), tx, isOver: false, endListeners };
      try {
        const returned = await runningTransaction(running, () => work(tx));
        committing = true;
        return returned;
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
    end("committed");
    return result;
  } catch (error) {
    end(committing && !isRefusedCommit(error) ? "unknown" : "rolledBack");
    // On a connection that is gone the rollback fails too, and would hide why.
    throw failure === undefined ? error : failure.error;
  }
};

/** A refused commit is either reported by the server or noticed by Kysely from the ROLLBACK tag. */
const isRefusedCommit = (error: unknown): boolean =>
  isReportedByServer(error) || (error instanceof Error && error.name === "AbortedTransactionError");
