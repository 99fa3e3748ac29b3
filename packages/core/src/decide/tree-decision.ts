import type { ChildModel } from "../define/child-plans.ts";
import type { ChildOutcome } from "../define/children.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { EntityAlreadyExistsError } from "../errors/append-errors.ts";
import {
  CommandRejectedError,
  DecisionOverError,
  InvalidEventError,
  InvalidStateError,
} from "../errors/decide-errors.ts";
import type { Ambient } from "./ambient.ts";
import {
  type Attempt,
  asList,
  attemptOf,
  creationOf,
  executedOrThrow,
  type RefusedAsDeleted,
} from "./attempt.ts";
import { ChangingCollection } from "./changing-collection.ts";
import { membersOf } from "./child-collection.ts";
import { checkWhole, historyOf } from "./entity-base.ts";
import { History } from "./history.ts";
import { newEntityId } from "./new-id.ts";
import { View } from "./view.ts";

type Outcome = Attempt<object> | RefusedAsDeleted;

/**
 * One decision over an entity and its children. What it changes in the tree is kept or taken back as a
 * whole, and nothing can be changed through it once it has ended.
 */
export class TreeDecision {
  readonly #ambient: Ambient;
  /** The scope that children are created in: the tree's. */
  #scope: object | undefined;
  /** Takes back each change, the first one first. */
  readonly #changes: (() => void)[] = [];
  /** What children were refused with, which refuses the decision unless somebody deals with it. */
  readonly #refusals = new WeakSet<object>();
  #isOver = false;

  constructor({ now, newId, scope }: Ambient) {
    const time = now();
    // Everything in one decision happens at one time.
    this.#ambient = { now: () => new Date(time), newId };
    this.#scope = scope;
  }

  /** Decides a command of the entity that the decision is about. */
  decide(history: History, command: string, args: readonly unknown[]): Outcome {
    this.#scope = scopeOf(history);
    try {
      return this.#attempt(history, command, args);
    } finally {
      this.#isOver = true;
    }
  }

  /** Decides a new entity with its children. What is refused leaves nothing, for nothing was there. */
  create(model: EntityModel, id: string, input: unknown): History {
    try {
      return this.#created(model, id, input, undefined);
    } finally {
      this.#isOver = true;
    }
  }

  /** A child's command, as a part of the decision. */
  command(history: History, command: string, args: readonly unknown[]): ChildOutcome {
    this.#checkOpen(history.model);
    return this.#refusing(() =>
      executedOrThrow(history.model, history.id, command, this.#attempt(history, command, args)),
    );
  }

  /** Adds a child, as a part of the decision. */
  createChild(parent: History, kind: ChildModel, input: unknown, givenId: unknown): History {
    const { model } = kind;
    this.#checkOpen(model);
    const members = membersOf(parent, kind);
    const id = newEntityId(model, this.#ambient, "create", givenId);
    if (members.has(id)) throw new EntityAlreadyExistsError({ entity: model.plan.name, id });
    const history = this.#refusing(() => this.#created(model, id, input, parent.id));
    members.set(id, history);
    this.#changes.push(() => members.delete(id));
    return history;
  }

  /** Removes or restores a child by the event that its lifecycle declares. */
  endOrRestore(history: History, call: "remove" | "restore", payload: unknown): ChildOutcome {
    const { lifecycle, name } = history.model.plan;
    this.#checkOpen(history.model);
    const type = call === "remove" ? lifecycle?.deleteEvent : lifecycle?.restoreEvent;
    if (type === undefined) throw new TypeError(`The lifecycle of ${name} has no ${call}`);
    if (history.isDeleted === (call === "remove")) return "alreadyApplied";
    this.#refusing(() => this.#record(history, call, [{ ...(payload as object), type }]));
    return "executed";
  }

  #attempt(history: History, command: string, args: readonly unknown[]): Outcome {
    const before = this.#changes.length;
    let outcome: Outcome;
    try {
      const run = history.model.commands.get(command);
      if (history.model.historyCommands.has(command)) checkWhole(history, command);
      const decided = run?.(this.#viewOf(history, command), ...args);
      outcome = isLeftToChildren(history, decided)
        ? this.#madeOfChildren(before)
        : attemptOf(decided, () =>
            this.#record(history, command, asList(history.model, command, decided)),
          );
    } catch (error) {
      this.#takeBackTo(before);
      return this.#asOutcome(error);
    }
    if (outcome.outcome !== "executed") this.#takeBackTo(before);
    return outcome;
  }

  #created(model: EntityModel, id: string, input: unknown, parentId: string | undefined): History {
    const history = new History(model, id, undefined, parentId);
    const { now, newId } = this.#ambient;
    const scope = this.#scope;
    const view = this.#withCollections({ id, now: now(), newId, scope }, history);
    try {
      const decided = model.create(input, view);
      history.record("create", creationOf(model, id, decided));
      return history;
    } catch (error) {
      if (!(error instanceof CommandRejectedError) || !this.#refusals.has(error)) throw error;
      // A child's refusal, which is now its parent's.
      const { reason, details } = error;
      const at = { entity: model.plan.name, id, command: "create", reason, details };
      throw new CommandRejectedError(at);
    }
  }

  #record(history: History, source: string, events: readonly unknown[]): readonly object[] {
    const mark = history.mark();
    const recorded = history.record(source, events);
    this.#changes.push(() => history.rewind(mark));
    return recorded;
  }

  #madeOfChildren(before: number): Outcome {
    const hasChanged = this.#changes.length > before;
    return hasChanged ? { outcome: "executed", events: [] } : { outcome: "alreadyApplied" };
  }

  /** What a child was refused with, as the outcome of the command that did not deal with it. */
  #asOutcome(error: unknown): Outcome {
    if (typeof error !== "object" || error === null || !this.#refusals.has(error)) throw error;
    if (error instanceof CommandRejectedError) {
      return { outcome: "rejected", code: error.reason, details: error.details };
    }
    return { outcome: "invalid", error: error as InvalidEventError | InvalidStateError };
  }

  /** Remembers that a child was refused, rather than that something is wrong. */
  #refusing<Result>(change: () => Result): Result {
    try {
      return change();
    } catch (error) {
      const isRefusal =
        error instanceof CommandRejectedError ||
        error instanceof InvalidEventError ||
        error instanceof InvalidStateError;
      if (isRefusal) this.#refusals.add(error);
      throw error;
    }
  }

  #takeBackTo(length: number): void {
    for (const takeBack of this.#changes.splice(length).reverse()) takeBack();
  }

  #viewOf(history: History, command: string): View {
    return this.#withCollections(new View(history, this.#ambient, command), history);
  }

  #withCollections<Target extends object>(target: Target, history: History): Target {
    for (const kind of history.model.children) {
      const get = () => new ChangingCollection(this, history, kind);
      Object.defineProperty(target, kind.name, { get, enumerable: true });
    }
    return target;
  }

  #checkOpen({ plan }: EntityModel): void {
    if (this.#isOver) throw new DecisionOverError(plan.name);
  }
}

/** Whether a command leaves the decision to what its children made of it. */
const isLeftToChildren = ({ model }: History, decided: unknown): boolean => {
  if (model.children.length === 0) return false;
  if (decided === undefined || decided === "executed" || decided === "alreadyApplied") return true;
  if (typeof decided !== "object" || decided === null) return false;
  return Array.isArray(decided) ? decided.length === 0 : historyOf(decided) !== undefined;
};

/** The scope of an entity that is there, by its state; `undefined` where its definition declares none. */
const scopeOf = ({ model: { plan }, state }: History): object | undefined =>
  plan.scope.length === 0
    ? undefined
    : Object.freeze(
        Object.fromEntries(
          plan.scope.map((name) => [name, (state as Readonly<Record<string, unknown>>)[name]]),
        ),
      );
