import { type Clock, type RetryOptions, systemClock } from "@annals/core";
import { retried, type Try, type WriteEnd } from "@annals/core/adapter";
import type { IsolationLevel, Kysely, Transaction } from "kysely";
import { identityOf, type RunningTransaction, runningTransaction } from "./database.ts";
import { isReportedByServer, SQLSTATE, sqlstateOf } from "./sqlstate.ts";

export interface TransactionOptions {
  /** Default is the database's own, which is `read committed` unless it was changed. */
  readonly isolationLevel?: IsolationLevel;
  /**
   * Whether all of it runs again after a deadlock or a serialization failure, and how often. The work
   * must read what it decides on anew each time. Default is not at all.
   */
  readonly retry?: RetryOptions | boolean;
  /** What the pauses between retries wait for. Default is the process's clock. */
  readonly clock?: Clock;
}

/**
 * Runs `work` in one transaction: it commits when `work` returns and rolls back when it throws.
 *
 * Repositories take part with `{ tx }`; a call of theirs that forgets it while `work` is running is a
 * TransactionNotJoinedError, not a second commit. Entities written in it keep their events as pending
 * until the commit, and get them back after a rollback.
 *
 * @throws whatever `work` throws, and the database's error when the commit is refused.
 */
export const transaction = <DB, Result>(
  db: Kysely<DB>,
  work: (tx: Transaction<DB>) => Promise<Result>,
  { isolationLevel, retry = false, clock = systemClock }: TransactionOptions = {},
): Promise<Result> => {
  if (retry === false) return runOnce(db, work, isolationLevel);
  const once = async (): Promise<Try<Result>> => {
    try {
      return { kind: "done", result: await runOnce(db, work, isolationLevel) };
    } catch (error) {
      if (isLostToConcurrency(error)) return { kind: "conflict", error };
      throw error;
    }
  };
  return retried(once, clock, retry === true ? {} : retry);
};

/** A deadlock or a serialization failure, also as the cause of an error of ours. */
const isLostToConcurrency = (error: unknown): error is Error => {
  const code = sqlstateOf(error);
  if (code === SQLSTATE.deadlock || code === SQLSTATE.serializationFailure) return true;
  return error instanceof Error && error.cause !== undefined && isLostToConcurrency(error.cause);
};

const runOnce = async <DB, Result>(
  db: Kysely<DB>,
  work: (tx: Transaction<DB>) => Promise<Result>,
  isolationLevel: IsolationLevel | undefined,
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
    const begin = db.transaction();
    const builder = isolationLevel === undefined ? begin : begin.setIsolationLevel(isolationLevel);
    const result = await builder.execute(async (tx) => {
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
