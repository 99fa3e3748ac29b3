import type { CommandView, CreateView } from "../define/command-view.ts";
import { alreadyApplied, isRejection } from "../define/decision.ts";
import type { EntityModel } from "../define/entity-model.ts";
import {
  CommandRejectedError,
  EntityDeletedError,
  InvalidDecisionError,
  InvalidEventError,
  InvalidStateError,
} from "../errors/decide-errors.ts";
import type { Ambient } from "./ambient.ts";
import { History } from "./history.ts";

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

/** Decides one command over a history, and records what it yields. */
export const decide = (
  history: History,
  ambient: Ambient,
  command: string,
  args: readonly unknown[],
): Attempt<object> | RefusedAsDeleted => {
  const run = history.model.commands.get(command);
  if (run === undefined) throw new Error(`${history.model.plan.name} has no command ${command}`);
  const decided = run(new View(history, ambient), ...args);
  if (decided === alreadyApplied) return { outcome: "alreadyApplied" };
  if (isRejection(decided)) {
    return { outcome: "rejected", code: decided.code, details: decided.details };
  }
  try {
    const events = history.record(command, asList(history.model, command, decided));
    return { outcome: "executed", events };
  } catch (error) {
    if (error instanceof InvalidEventError || error instanceof InvalidStateError) {
      return { outcome: "invalid", error };
    }
    if (error instanceof EntityDeletedError) return { outcome: "deleted", error };
    throw error;
  }
};

/**
 * Decides the first events of a new entity.
 *
 * @throws CommandRejectedError, EntityDeletedError, InvalidDecisionError, InvalidEventError,
 * InvalidStateError
 */
export const decideCreation = (
  model: EntityModel,
  id: string,
  ambient: Ambient,
  input: unknown,
): History => {
  const view: CreateView = { id, now: ambient.now(), newId: ambient.newId };
  const decided = model.create(input, view);
  const entity = model.plan.name;
  if (isRejection(decided)) {
    const { code: reason, details } = decided;
    throw new CommandRejectedError({ entity, id, command: "create", reason, details });
  }
  if (decided === alreadyApplied) {
    throw new InvalidDecisionError(entity, "create", "alreadyApplied for a new entity");
  }
  const history = new History(model, id);
  history.record("create", asList(model, "create", decided));
  return history;
};

const asList = (model: EntityModel, command: string, decided: unknown): readonly unknown[] => {
  if (!Array.isArray(decided)) return [decided];
  if (decided.length > 0) return decided;
  throw new InvalidDecisionError(model.plan.name, command, "an empty list");
};

/** Reads through to the history, so that a command pays only for what it looks at. */
class View implements CommandView<object | undefined, object> {
  readonly id: string;
  readonly now: Date;
  readonly newId: () => string;
  readonly #history: History;

  constructor(history: History, ambient: Ambient) {
    this.id = history.id;
    this.now = ambient.now();
    this.newId = ambient.newId;
    this.#history = history;
  }

  get state(): object | undefined {
    return this.#history.state;
  }

  get version(): number {
    return this.#history.version;
  }

  get isDeleted(): boolean {
    return this.#history.isDeleted;
  }

  get history(): readonly object[] {
    return this.#history.events;
  }
}
