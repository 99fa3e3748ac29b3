import type { ChildCollections, ChildrenOf, ShownParts } from "../define/children.ts";
import type {
  AnyEntity,
  CommandsOf,
  EventOf,
  HasLifecycle,
  IdOf,
  StateOf,
} from "../define/entity-definition.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { Ambient } from "./ambient.ts";
import { type Attempt, type Executed, executedOrThrow, type RefusedAsDeleted } from "./attempt.ts";
import { showChildren } from "./child-collection.ts";
import { decide } from "./decide.ts";
import { EntityBase, historyOf } from "./entity-base.ts";
import type { History } from "./history.ts";

/** An entity in memory: its state, its history, and its commands as methods. */
export type Entity<Definition extends AnyEntity> = EntityParts<Definition> &
  ChildCollections<ChildrenOf<Definition>> & {
    /**
     * Decides; events it yields are pending until they are written.
     *
     * @throws CommandRejectedError when the command answers `reject()`; InvalidEventError and
     * InvalidStateError when what it yields does not fit the schemas; EntityDeletedError when the entity
     * is deleted and what it yields does not restore it first; HistoryNotLoadedError for one of
     * `historyCommands` where the entity was read without its history.
     */
    readonly [Command in keyof CommandsOf<Definition>]: (
      ...args: CommandsOf<Definition>[Command]
    ) => Executed;
  };

export interface EntityParts<Definition extends AnyEntity> extends ShownParts<Definition> {
  /** The commands with their outcome as a value; they throw only when the definition has a bug. */
  readonly attempt: {
    readonly [Command in keyof CommandsOf<Definition>]: (
      ...args: CommandsOf<Definition>[Command]
    ) => AttemptOf<Definition>;
  };
  /** What `JSON.stringify` shows. */
  toJSON(): { id: IdOf<Definition>; version: number; state: StateOf<Definition> };
}

/** What became of a command of this entity, as a value. */
export type AttemptOf<Definition extends AnyEntity> =
  | Attempt<EventOf<Definition>>
  | (HasLifecycle<Definition> extends true ? RefusedAsDeleted : never);

/** Makes the entities of one definition. */
type EntityFactory = (history: History) => object;

/**
 * Whether the last call that wrote this entity was a repetition: its idempotency key was known, nothing
 * was written, and the entity is as the first call left it.
 */
export const isReplayed = (
  entity: Pick<EntityParts<AnyEntity>, "id" | "version" | "history" | "pending">,
): boolean => historyOf(entity)?.isReplayed ?? false;

/** Builds the class of a definition's entities once, with a method for each command. */
export const entityFactory = (model: EntityModel, ambient: Ambient): EntityFactory => {
  class Attempts {
    readonly #history: History;
    constructor(history: History) {
      this.#history = history;
    }
    static historyOf(attempts: Attempts): History {
      return attempts.#history;
    }
  }

  class Instance extends EntityBase {
    get attempt(): Attempts {
      return new Attempts(historyOf(this) as History);
    }
  }

  for (const command of model.commands.keys()) {
    define(Attempts.prototype, command, function (this: Attempts, ...args: unknown[]) {
      return decide(Attempts.historyOf(this), ambient, command, args);
    });
    define(Instance.prototype, command, function (this: Instance, ...args: unknown[]) {
      const attempt = decide(historyOf(this) as History, ambient, command, args);
      return executedOrThrow(model, this.id, command, attempt);
    });
  }
  for (const kind of model.children) showChildren(Instance.prototype, kind);
  return (history) => Object.freeze(new Instance(history));
};

const define = (target: object, name: string, value: unknown): void => {
  Object.defineProperty(target, name, { value, enumerable: false });
};
