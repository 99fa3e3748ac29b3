import { type AnnalsError, DatabaseError, OutcomeUnknownError } from "@annals/core";
import {
  isConnectionLost,
  isReportedByServer,
  isTransient,
  sqlstateOf,
  wasNeverSent,
} from "./sqlstate.ts";

/** Wraps whatever the driver threw. */
export const databaseError = (doing: string, cause: unknown, known?: string): DatabaseError => {
  const sqlstate = sqlstateOf(cause);
  const hint = known ?? hintFor(sqlstate);
  const unreachable = wasNeverSent(cause) || isConnectionLost(cause);
  const retryable = isTransient(cause);
  return new DatabaseError({ doing, sqlstate, retryable, unreachable, hint }, { cause });
};

/** What a refused BEGIN means, or a COMMIT that failed. */
export const transactionFailure = (
  phase: "beginning" | "committing",
  cause: unknown,
): AnnalsError => {
  const doing = `${phase} a transaction`;
  if (phase === "beginning" || isReportedByServer(cause) || wasNeverSent(cause)) {
    return databaseError(doing, cause);
  }
  return isTurnedIntoRollback(cause)
    ? databaseError(doing, cause, ABORTED_HINT)
    : new OutcomeUnknownError({ entity: undefined }, { cause });
};

/** Kysely notices from the tag that PostgreSQL answered a COMMIT with a ROLLBACK. */
export const isTurnedIntoRollback = (error: unknown): boolean =>
  error instanceof Error && error.name === "AbortedTransactionError";

const ABORTED_HINT =
  "A statement in it had failed, so all of it was rolled back: let such an error reach transaction().";

const hintFor = (sqlstate: string | undefined): string | undefined => {
  if (sqlstate === undefined) return undefined;
  if (MISSING.has(sqlstate)) {
    return "Run the framework's migrations and those of the entity: its tables are not as defined.";
  }
  if (UNPREPARED.has(sqlstate)) {
    return "Behind a pooler that shares connections, pass annalsPool(pool, { prepare: false }).";
  }
  // Class 22: a text that is no uuid, a number out of range.
  return sqlstate.startsWith("22") ? "A value does not fit the type of its column." : undefined;
};

/** A prepared statement that is not there, or there already. */
const UNPREPARED: ReadonlySet<string> = new Set(["26000", "42P05"]);

/** Undefined table, column, function and schema. */
const MISSING: ReadonlySet<string> = new Set(["42P01", "42703", "42883", "3F000"]);

/** Whether a statement named something that the database does not have. */
export const isMissing = (error: unknown): boolean => MISSING.has(sqlstateOf(error) ?? "");
