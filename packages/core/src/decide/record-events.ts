import type { EntityModel } from "../define/entity-model.ts";
import type { JsonObject } from "../define/json-value.ts";
import {
  EntityDeletedError,
  InvalidDecisionError,
  InvalidStateError,
} from "../errors/decide-errors.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { childEvent, encodeEvent, type StoredEvent } from "./stored-event.ts";

/** Where an entity stands when a decision is recorded. */
interface Standing {
  readonly model: EntityModel;
  readonly id: string;
  readonly parentId: string | undefined;
  /** What decided: a command, or `create`. */
  readonly source: string;
  readonly isNew: boolean;
  readonly state: object | undefined;
  readonly isDeleted: boolean;
}

/** What a decision makes of an entity. */
interface Recorded {
  readonly entries: readonly Entry[];
  readonly state: object;
  readonly storedState: JsonObject;
  readonly isDeleted: boolean;
}

interface Entry {
  readonly event: object;
  readonly stored: StoredEvent;
}

/**
 * Encodes and folds what a decision yielded, and checks the state that it leads to.
 *
 * @throws EntityDeletedError, InvalidDecisionError, InvalidEventError, InvalidStateError
 */
export const recordEvents = (standing: Standing, decided: readonly unknown[]): Recorded => {
  const entries: Entry[] = [];
  let { state, isDeleted } = standing;
  for (const raw of decided) {
    const entry = encoded(standing, raw, entries.length);
    isDeleted = isDeletedBy(standing, entry.stored.type, isDeleted);
    // A reducer that changed its event would change the fact that is about to be stored.
    state = deepFreeze(reduced(standing, state, deepFreeze(entry.event)));
    entries.push(entry);
  }
  return {
    entries,
    state: state as object,
    storedState: encodedState(standing, state as object),
    isDeleted,
  };
};

/** Whose child it is stands in the first event alone. */
const encoded = ({ model, parentId, source, isNew }: Standing, raw: unknown, at: number): Entry => {
  const entry = encodeEvent(model, source, raw);
  if (parentId === undefined || !isNew || at > 0) return entry;
  return { ...entry, stored: childEvent(entry.stored, parentId) };
};

/** Whether it is deleted after an event, which a deleted entity takes only to be restored. */
const isDeletedBy = (
  { model, id, source }: Standing,
  type: string,
  isDeleted: boolean,
): boolean => {
  const { name: entity, lifecycle } = model.plan;
  // Somebody may be forgotten at any time, and stays as deleted as before.
  if (isDeleted && type === model.erasure?.event) return true;
  if (isDeleted && type !== lifecycle?.restoreEvent) {
    const canBeRestored = lifecycle?.restoreEvent !== undefined;
    throw new EntityDeletedError({ entity, id, command: source, canBeRestored });
  }
  return type === lifecycle?.deleteEvent;
};

const reduced = ({ model, source }: Standing, state: object | undefined, event: object): object => {
  const { type } = event as { type: string };
  try {
    return model.events.get(type)?.reduce(state, event) as object;
  } catch (cause) {
    const problem = `an event at which the reducer of "${type}" throws an error`;
    throw new InvalidDecisionError(model.plan.name, source, problem, { cause });
  }
};

const encodedState = ({ model, id }: Standing, state: object): JsonObject => {
  const result = model.state.encode(state);
  if (result.ok) return result.result.stored;
  const { issues, cause } = result;
  throw new InvalidStateError({ entity: model.plan.name, id, issues }, { cause });
};
