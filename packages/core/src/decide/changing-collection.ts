import type { ChildModel } from "../define/child-plans.ts";
import type { ChildOutcome } from "../define/children.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { notFoundById } from "../errors/read-errors.ts";
import { ChildCollection, childrenNotLoaded } from "./child-collection.ts";
import { EntityBase } from "./entity-base.ts";
import type { History } from "./history.ts";

/** What children do within a decision. */
interface Changes {
  command(history: History, command: string, args: readonly unknown[]): ChildOutcome;
  createChild(parent: History, kind: ChildModel, input: unknown, givenId: unknown): History;
  endOrRestore(history: History, call: "remove" | "restore", payload: unknown): ChildOutcome;
}

/** The children of one kind within a decision, which may change them. */
export class ChangingCollection extends ChildCollection {
  readonly #changes: Changes;
  readonly #parent: History;
  readonly #kind: ChildModel;

  constructor(changes: Changes, parent: History, kind: ChildModel) {
    super(parent, kind, (history) => changingChild(changes, history));
    this.#changes = changes;
    this.#parent = parent;
    this.#kind = kind;
  }

  override get size(): number {
    this.#checkWhole();
    return super.size;
  }

  override get list(): readonly object[] {
    this.#checkWhole();
    return super.list;
  }

  override maybeGet(id: string): object | undefined {
    if (this.memberOf(id) === undefined) this.#checkWhole();
    return super.maybeGet(id);
  }

  create(input?: unknown, options?: { readonly id?: unknown }): object {
    const made = this.#changes.createChild(this.#parent, this.#kind, input, options?.id);
    return changingChild(this.#changes, made);
  }

  remove(id: string, payload?: unknown): ChildOutcome {
    return this.#changes.endOrRestore(this.#known(id), "remove", payload);
  }

  restore(id: string, payload?: unknown): ChildOutcome {
    return this.#changes.endOrRestore(this.#known(id), "restore", payload);
  }

  #known(id: string): History {
    const history = this.memberOf(id);
    if (history !== undefined) return history;
    this.#checkWhole();
    throw notFoundById(this.#kind.model.plan.name, id);
  }

  /** Nobody decides over children of which some were left out. */
  #checkWhole(): void {
    const { name } = this.#kind;
    if (this.#parent.isPartial(name)) throw childrenNotLoaded(this.#parent, name, true);
  }
}

type ChildClass = new (changes: Changes, history: History) => EntityBase;

const classes = new WeakMap<EntityModel, ChildClass>();

/** A child whose commands are parts of a decision. */
const changingChild = (changes: Changes, history: History): object => {
  const known = classes.get(history.model);
  const Child = known ?? childClass(history.model);
  if (known === undefined) classes.set(history.model, Child);
  return Object.freeze(new Child(changes, history));
};

const childClass = (model: EntityModel): ChildClass => {
  class Child extends EntityBase {
    readonly #parts: readonly [Changes, History];

    constructor(changes: Changes, history: History) {
      super(history);
      this.#parts = [changes, history];
    }

    static partsOf(child: Child): readonly [Changes, History] {
      return child.#parts;
    }
  }
  for (const command of model.commands.keys()) {
    const value = function (this: Child, ...args: unknown[]): ChildOutcome {
      const [changes, history] = Child.partsOf(this);
      return changes.command(history, command, args);
    };
    Object.defineProperty(Child.prototype, command, { value, enumerable: false });
  }
  for (const kind of model.children) {
    const get = function (this: Child): ChangingCollection {
      const [changes, history] = Child.partsOf(this);
      return new ChangingCollection(changes, history, kind);
    };
    Object.defineProperty(Child.prototype, kind.name, { get, enumerable: false });
  }
  return Child;
};
