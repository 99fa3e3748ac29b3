import {
  type AnnalsError,
  ConstraintViolationError,
  DatabaseError,
  LockTimeoutError,
  OutcomeUnknownError,
  PositionSequenceBehindError,
} from "@annals/core";
import type { EntityPlan, WriteResult } from "@annals/core/adapter";
import {
  constraintOf,
  isReportedByServer,
  isTransient,
  SQLSTATE,
  sqlstateOf,
  wasNeverSent,
} from "../connection/sqlstate.ts";

/** What a failed write means: a result that the caller may handle, or an error of ours to throw. */
export const writeFailure = (
  plan: EntityPlan,
  cause: unknown,
): Exclude<WriteResult, { kind: "written" }> | AnnalsError => {
  const entity = plan.name;
  const constraint = constraintOf(cause);
  switch (sqlstateOf(cause)) {
    case SQLSTATE.unique:
      return uniqueFailure(plan, constraint, cause);
    case SQLSTATE.serializationFailure:
      // In a stricter isolation level this is how a lost race arrives.
      return { kind: "conflict", cause };
    case SQLSTATE.lockNotAvailable:
      return new LockTimeoutError({ entity }, { cause });
    case SQLSTATE.foreignKey:
      return new ConstraintViolationError({ entity, kind: "foreign-key", constraint }, { cause });
    case SQLSTATE.check:
      return new ConstraintViolationError({ entity, kind: "check", constraint }, { cause });
    case SQLSTATE.notNull:
      return new ConstraintViolationError({ entity, kind: "not-null" }, { cause });
    case SQLSTATE.brokenHistory:
    case SQLSTATE.immutableEvents:
      return new ConstraintViolationError({ entity, kind: "guard", constraint }, { cause });
  }
  if (!isReportedByServer(cause) && !wasNeverSent(cause)) {
    return new OutcomeUnknownError({ entity }, { cause });
  }
  return databaseError(`writing ${entity}`, cause);
};

const uniqueFailure = (
  plan: EntityPlan,
  constraint: string | undefined,
  cause: unknown,
): Exclude<WriteResult, { kind: "written" }> | AnnalsError => {
  if (constraint === `${plan.indexTable}_pkey`) return { kind: "exists", cause };
  if (constraint === `${plan.eventsTable}_id_sequence_key`) return { kind: "conflict", cause };
  if (constraint === `${plan.eventsTable}_position_key`) {
    return new PositionSequenceBehindError({}, { cause });
  }
  return { kind: "duplicate", constraint: constraint ?? "unknown", cause };
};

/** Wraps whatever the driver threw. */
export const databaseError = (doing: string, cause: unknown): DatabaseError => {
  const sqlstate = sqlstateOf(cause);
  const hint = hintFor(sqlstate);
  return new DatabaseError({ doing, sqlstate, retryable: isTransient(cause), hint }, { cause });
};

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
