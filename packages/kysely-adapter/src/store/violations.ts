import {
  AnnalsError,
  ConstraintViolationError,
  InvalidArgumentError,
  LockTimeoutError,
  OutcomeUnknownError,
  PositionSequenceBehindError,
} from "@annals/core";
import type { ColumnPlan, EntityPlan, WriteResult } from "@annals/core/adapter";
import { databaseError, isMissing } from "../connection/database-error.ts";
import {
  columnReported,
  constraintOf,
  isReportedByServer,
  SQLSTATE,
  sqlstateOf,
  wasNeverSent,
} from "../connection/sqlstate.ts";
import { COLUMN_RULES, columnConstraint } from "../tables/constraint-names.ts";

type Refusal = Extract<WriteResult, { kind: "conflict" | "exists" | "duplicate" }>;

/** What a failed write means: a result that the caller may handle, or an error of ours to throw. */
export const writeFailure = (plan: EntityPlan, cause: unknown): Refusal | AnnalsError => {
  const entity = plan.name;
  const constraint = constraintOf(cause);
  const violated = (kind: ConstraintViolationError["kind"]): AnnalsError => {
    const column = columnOf(plan, constraint, cause);
    return new ConstraintViolationError({ entity, kind, constraint, column }, { cause });
  };
  switch (sqlstateOf(cause)) {
    case SQLSTATE.unique:
      return uniqueFailure(plan, constraint, cause);
    case SQLSTATE.serializationFailure:
      // In a stricter isolation level this is how a lost race arrives.
      return { kind: "conflict", cause };
    case SQLSTATE.lockNotAvailable:
      return new LockTimeoutError({ entity }, { cause });
    case SQLSTATE.foreignKey:
      return violated("foreign-key");
    case SQLSTATE.check:
      return violated("check");
    case SQLSTATE.notNull:
      return violated("not-null");
    case SQLSTATE.brokenHistory:
    case SQLSTATE.foreignScope:
    case SQLSTATE.immutableEvents:
      return violated("guard");
  }
  if (hasEnded(cause)) return endedTransaction(entity, cause);
  if (!isReportedByServer(cause) && !wasNeverSent(cause)) {
    return new OutcomeUnknownError({ entity }, { cause });
  }
  return databaseError(`writing ${entity}`, cause);
};

const uniqueFailure = (
  plan: EntityPlan,
  constraint: string | undefined,
  cause: unknown,
): Refusal | AnnalsError => {
  if (constraint === `${plan.indexTable}_pkey`) return { kind: "exists", cause };
  if (constraint === `${plan.eventsTable}_id_sequence_key`) return { kind: "conflict", cause };
  if (constraint === `${plan.eventsTable}_position_key`) {
    return new PositionSequenceBehindError({}, { cause });
  }
  return { kind: "duplicate", constraint: constraint ?? "unknown", cause };
};

/** What a failed read means. */
export const readFailure = ({ name }: EntityPlan, cause: unknown): AnnalsError => {
  if (cause instanceof AnnalsError) return cause;
  return hasEnded(cause) ? endedTransaction(name, cause) : databaseError(`reading ${name}`, cause);
};

/** What a failed query of the user's own means. */
export const queryFailure = (plan: EntityPlan, cause: unknown): AnnalsError =>
  isMissing(cause)
    ? databaseError(`a query of ${plan.name}`, cause, QUERY_HINT)
    : readFailure(plan, cause);

const QUERY_HINT =
  "The query lacks a column named id, or names something that the database does not have; see the cause.";

/** Kysely refuses to run anything in a controlled transaction that has ended. */
const hasEnded = (cause: unknown): boolean =>
  cause instanceof Error && /^Transaction is already (committed|rolled back)$/.test(cause.message);

const endedTransaction = (entity: string, cause: unknown): AnnalsError =>
  new InvalidArgumentError(
    entity,
    "tx has ended",
    "Await every call in a transaction before it ends.",
    { cause },
  );

/** The index column that a constraint is about, by the names that the tables are created with. */
const columnOf = (
  { indexTable, columns }: EntityPlan,
  constraint: string | undefined,
  cause: unknown,
): string | undefined => {
  const isAbout = ({ column }: ColumnPlan): boolean =>
    constraint === undefined
      ? column === columnReported(cause)
      : COLUMN_RULES.some((rule) => columnConstraint(indexTable, column, rule) === constraint);
  return columns.find(isAbout)?.property;
};
