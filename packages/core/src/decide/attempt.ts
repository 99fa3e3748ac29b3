import { alreadyApplied, isRejection } from "../define/decision.ts";
import type { EntityModel } from "../define/entity-model.ts";
import {
  CommandRejectedError,
  EntityDeletedError,
  InvalidDecisionError,
  InvalidEventError,
  InvalidStateError,
} from "../errors/decide-errors.ts";

/** What became of a command, as a value. */
export type Attempt<Event> =
  | { readonly outcome: "executed"; readonly events: readonly Event[] }
  | { readonly outcome: "alreadyApplied" }
  | { readonly outcome: "rejected"; readonly code: string; readonly details: unknown }
  /** The events do not fit their schemas, or lead to a state that does not fit its own. */
  | { readonly outcome: "invalid"; readonly error: InvalidEventError | InvalidStateError };

/** What becomes of a command, beside `Attempt`, where the definition declares a lifecycle. */
export interface RefusedAsDeleted {
  /** The entity is deleted, and the first event does not restore it. */
  readonly outcome: "deleted";
  readonly error: EntityDeletedError;
}

/** What a command method returns when it does not throw. */
export type Executed = "executed" | "alreadyApplied";

/** What a command answered, once its events are recorded. */
export const attemptOf = (
  decided: unknown,
  record: () => readonly object[],
): Attempt<object> | RefusedAsDeleted => {
  if (decided === alreadyApplied) return { outcome: "alreadyApplied" };
  if (isRejection(decided)) {
    return { outcome: "rejected", code: decided.code, details: decided.details };
  }
  try {
    return { outcome: "executed", events: record() };
  } catch (error) {
    if (error instanceof InvalidEventError || error instanceof InvalidStateError) {
      return { outcome: "invalid", error };
    }
    if (error instanceof EntityDeletedError) return { outcome: "deleted", error };
    throw error;
  }
};

/** The outcome of a command that was called as a method. */
export const executedOrThrow = (
  model: EntityModel,
  id: string,
  command: string,
  attempt: Attempt<object> | RefusedAsDeleted,
): Executed => {
  switch (attempt.outcome) {
    case "rejected":
      throw new CommandRejectedError({
        entity: model.plan.name,
        id,
        command,
        reason: attempt.code,
        details: attempt.details,
      });
    case "invalid":
    case "deleted":
      throw attempt.error;
    default:
      return attempt.outcome;
  }
};

/**
 * What a `create` decided, as a list.
 *
 * @throws CommandRejectedError, InvalidDecisionError
 */
export const creationOf = (
  model: EntityModel,
  id: string,
  decided: unknown,
): readonly unknown[] => {
  const entity = model.plan.name;
  if (isRejection(decided)) {
    const { code: reason, details } = decided;
    throw new CommandRejectedError({ entity, id, command: "create", reason, details });
  }
  if (decided === alreadyApplied) {
    throw new InvalidDecisionError(entity, "create", "alreadyApplied for a new entity");
  }
  return asList(model, "create", decided);
};

export const asList = (
  model: EntityModel,
  command: string,
  decided: unknown,
): readonly unknown[] => {
  if (!Array.isArray(decided)) return [decided];
  if (decided.length > 0) return decided;
  throw new InvalidDecisionError(model.plan.name, command, "an empty list");
};
