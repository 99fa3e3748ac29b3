import { type Clock, type HookFailedError, type RetryOptions, systemClock } from "@annals/core";
import { type ReportHookError, retried, TransactionScope, type Try } from "@annals/core/adapter";
import type { IsolationLevel, Kysely, Transaction } from "kysely";
import type { AnnalsTransaction } from "./annals-transaction.ts";
import { identityOf, runningTransaction } from "./database.ts";
import { isTurnedIntoRollback, transactionFailure } from "./database-error.ts";
import { beginFailure } from "./deferred-begin.ts";
import { OverGuard } from "./over-guard.ts";
import { savepointsOn } from "./savepoints.ts";
import { isReportedByServer, SQLSTATE, sqlstateOf } from "./sqlstate.ts";

export interface TransactionOptions {
  /** Default is the database's own, which is `read committed` unless it was changed. */
  readonly isolationLevel?: IsolationLevel;
  /**
   * Whether all of it runs again after a deadlock or a serialization failure, and how often. The work
   * must read what it decides on anew each time. Default is not at all.
   */
  readonly retry?: RetryOptions | boolean;
  /**
   * The time of the transaction, `tx.now`, and what the pauses between retries wait for. When it is
   * given, also the time that the events written in it are recorded with. Default is the process's
   * clock, and the database's for what is stored.
   */
  readonly clock?: Clock;
  /**
   * Takes what a hook throws after the transaction has ended, since the call's own result stands by then.
   * Default is a warning of the process, `ANNALS_HOOK_FAILED`.
   */
  readonly onHookError?: (error: HookFailedError) => void;
}

/**
 * Runs `work` in one transaction: it commits when `work` returns and rolls back when it throws.
 *
 * Repositories take part with `{ tx }`; a call of theirs that forgets it while `work` is running is a
 * TransactionNotJoinedError, not a second commit. Entities written in it keep their events as pending
 * until the commit, and get them back after a rollback.
 *
 * `tx` is Kysely's transaction with hooks, savepoints and a time of its own (`TransactionHooks`).
 *
 * @throws whatever `work` throws; DatabaseError when it cannot begin or its commit is refused,
 * OutcomeUnknownError when the connection breaks at the commit.
 */
export const transaction = <DB, Result>(
  db: Kysely<DB>,
  work: (tx: AnnalsTransaction<DB>) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> => openTransaction(db, work, options);

interface OwnOptions extends TransactionOptions {
  /** The error of a beginning or a commit that failed, by the driver's. Default names neither entity nor call. */
  readonly failed?: (cause: unknown, outcome: "rolledBack" | "unknown") => unknown;
}

/** `transaction` for calls of ours, whose errors are ours as well. */
export const openTransaction = async <DB, Result>(
  db: Kysely<DB>,
  work: (tx: AnnalsTransaction<DB>) => Promise<Result>,
  options: OwnOptions,
): Promise<Result> => {
  const { retry = false } = options;
  const once = async (): Promise<Try<Committed<DB, Result>>> => {
    try {
      return { kind: "done", result: await runOnce(db, work, options) };
    } catch (error) {
      if (retry !== false && isLostToConcurrency(error)) return { kind: "conflict", error };
      throw error;
    }
  };
  const { clock = systemClock } = options;
  const { scope, result } = await retried(once, clock, typeof retry === "boolean" ? {} : retry);
  // Whatever fails from here on, nothing must run again.
  await scope.end("committed");
  return result;
};

/** A transaction that was committed, whose hooks are still to be told. */
interface Committed<DB, Result> {
  readonly scope: TransactionScope<AnnalsTransaction<DB>>;
  readonly result: Result;
}

/** A deadlock or a serialization failure, also as the cause of an error of ours. */
export const isLostToConcurrency = (error: unknown): error is Error => {
  const code = sqlstateOf(error);
  if (code === SQLSTATE.deadlock || code === SQLSTATE.serializationFailure) return true;
  return error instanceof Error && error.cause !== undefined && isLostToConcurrency(error.cause);
};

const runOnce = async <DB, Result>(
  db: Kysely<DB>,
  work: (tx: AnnalsTransaction<DB>) => Promise<Result>,
  { isolationLevel, clock, onHookError = warn, failed }: OwnOptions,
): Promise<Committed<DB, Result>> => {
  let opened: TransactionScope<AnnalsTransaction<DB>> | undefined;
  let committing = false;
  let failure: { readonly error: unknown } | undefined;
  const begin = db.transaction();
  const builder = isolationLevel === undefined ? begin : begin.setIsolationLevel(isolationLevel);
  const inTransaction = async (kyselyTx: Transaction<DB>): Promise<Committed<DB, Result>> => {
    const guarded = kyselyTx.withPlugin(new OverGuard(() => opened?.isOver === true));
    const parts = { savepoints: savepointsOn(guarded), clock, report: onHookError, isOurs: true };
    const scope = new TransactionScope<AnnalsTransaction<DB>>(guarded, parts);
    opened = scope;
    try {
      const result = await runningTransaction({ identity: identityOf(db), scope }, async () => {
        const worked = await work(scope.tx);
        await scope.commit();
        return worked;
      });
      committing = true;
      return { scope, result };
    } catch (error) {
      failure = { error };
      scope.close();
      throw error;
    }
  };
  return builder.execute(inTransaction).catch(async (error: unknown) => {
    const outcome = committing && !isRefusedCommit(error) ? "unknown" : "rolledBack";
    await opened?.end(outcome);
    // On a connection that is gone the rollback fails too, and would hide why.
    const unbegun = beginFailure(failure?.error);
    if (failure !== undefined && unbegun === undefined) throw failure.error;
    const cause = unbegun === undefined ? error : unbegun.cause;
    if (failed !== undefined) throw failed(cause, outcome);
    throw transactionFailure(committing ? "committing" : "beginning", cause);
  });
};

const warn: ReportHookError = (error) =>
  process.emitWarning(error.message, {
    code: error.code,
    detail: error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error.hint,
  });

/** A refused commit is either reported by the server or noticed by Kysely from the ROLLBACK tag. */
const isRefusedCommit = (error: unknown): boolean =>
  isReportedByServer(error) || isTurnedIntoRollback(error);
