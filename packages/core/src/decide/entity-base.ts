import { HistoryNotLoadedError } from "../errors/decide-errors.ts";
import type { History } from "./history.ts";

/** The base of all entities; the history stays out of everybody's reach but the repository's. */
export class EntityBase {
  readonly #history: History;

  constructor(history: History) {
    this.#history = history;
  }

  static historyOf(entity: object): History | undefined {
    return #history in entity ? entity.#history : undefined;
  }

  get id(): string {
    return this.#history.id;
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

  /** @throws HistoryNotLoadedError */
  get history(): readonly object[] {
    checkWhole(this.#history);
    return this.#history.events;
  }

  get pending(): readonly object[] {
    return this.#history.pending;
  }

  toJSON(): object {
    return shown(this.#history);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return this.toJSON();
  }
}

/** The history inside an entity, or `undefined` for anything else. */
export const historyOf = EntityBase.historyOf;

/** Refuses to look into a history whose events were folded and are not kept. */
export const checkWhole = ({ model, id, isWhole }: History, command?: string): void => {
  if (isWhole) return;
  throw new HistoryNotLoadedError({ entity: model.plan.name, id, command, isDeclared: true });
};

/** An entity with its children, as far as they were read. */
const shown = ({ id, version, state, children }: History): object => {
  const own = { id, version, state };
  if (children.size === 0) return own;
  const kinds = [...children].map(([kind, members]) => [
    kind,
    [...members.values()].filter(({ isDeleted }) => !isDeleted).map(shown),
  ]);
  return { ...own, ...Object.fromEntries(kinds) };
};
