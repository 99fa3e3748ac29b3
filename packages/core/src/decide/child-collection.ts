import type { ChildModel } from "../define/child-plans.ts";
import type { Children } from "../define/children.ts";
import { ChildrenNotLoadedError } from "../errors/decide-errors.ts";
import { notFoundById } from "../errors/read-errors.ts";
import { EntityBase, historyOf } from "./entity-base.ts";
import type { History } from "./history.ts";

/** All children of one kind that were read, removed ones included, by id. */
export const membersOf = (parent: History, { name }: ChildModel): Map<string, History> => {
  const members = parent.children.get(name);
  if (members !== undefined) return members;
  throw childrenNotLoaded(parent, name, false);
};

export const childrenNotLoaded = (
  { model, id }: History,
  kind: string,
  isPartial: boolean,
): ChildrenNotLoadedError =>
  new ChildrenNotLoadedError({ entity: model.plan.name, id, kind, isPartial });

/** The children of one kind, each shown by the given function. */
export class ChildCollection implements Children<object> {
  readonly #members: Map<string, History>;
  readonly #kind: ChildModel;
  readonly #toItem: (history: History) => object;

  /** @throws ChildrenNotLoadedError */
  constructor(parent: History, kind: ChildModel, toItem: (history: History) => object) {
    this.#members = membersOf(parent, kind);
    this.#kind = kind;
    this.#toItem = toItem;
  }

  get size(): number {
    return this.#live.length;
  }

  get list(): readonly object[] {
    return this.#live.map(this.#toItem);
  }

  get(id: string): object {
    const found = this.maybeGet(id);
    if (found !== undefined) return found;
    throw notFoundById(this.#kind.model.plan.name, id);
  }

  maybeGet(id: string): object | undefined {
    const history = this.memberOf(id);
    return history === undefined || history.isDeleted ? undefined : this.#toItem(history);
  }

  [Symbol.iterator](): Iterator<object> {
    return this.list[Symbol.iterator]();
  }

  /** A child by its id, also one that is removed. */
  protected memberOf(id: string): History | undefined {
    const known = this.#kind.model.parseId(id);
    return known === undefined ? undefined : this.#members.get(known);
  }

  get #live(): readonly History[] {
    return [...this.#members.values()].filter(({ isDeleted }) => !isDeleted);
  }
}

/** A child as its parent shows it: to look at. */
class ShownChild extends EntityBase {}

const toShown = (history: History): object => {
  const child = new ShownChild(history);
  for (const kind of history.model.children) showChildren(child, kind);
  return Object.freeze(child);
};

/** Gives an entity, or the prototype of entities, its children of one kind, to look at. */
export const showChildren = (target: object, kind: ChildModel): void => {
  Object.defineProperty(target, kind.name, {
    get(this: object) {
      return new ChildCollection(historyOf(this) as History, kind, toShown);
    },
    enumerable: false,
  });
};
