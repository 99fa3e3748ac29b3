import {
  AnnalsError,
  ConstraintViolationError,
  LockTimeoutError,
  OutcomeUnknownError,
  PositionSequenceBehindError,
} from "@annals/core";
import { databaseError } from "../connection/database-error.ts";
import {
  constraintOf,
  isReportedByServer,
  SQLSTATE,
  sqlstateOf,
  wasNeverSent,
} from "../connection/sqlstate.ts";

/** The error for a publication that failed. */
export const publishFailure = (topic: string, cause: unknown): AnnalsError => {
  if (cause instanceof AnnalsError) return cause;
  const entity = topic;
  const constraint = constraintOf(cause);
  switch (sqlstateOf(cause)) {
    case SQLSTATE.lockNotAvailable:
      return new LockTimeoutError({ entity }, { cause });
    case SQLSTATE.check:
      return new ConstraintViolationError({ entity, kind: "check", constraint }, { cause });
    case SQLSTATE.unique:
      // Nothing else in these tables is unique and not taken care of in the statement.
      return new PositionSequenceBehindError({}, { cause });
  }
  if (!isReportedByServer(cause) && !wasNeverSent(cause)) {
    return new OutcomeUnknownError({ entity }, { cause });
  }
  return databaseError(`publishing to ${topic}`, cause);
};
