import type { Durability } from "@annals/core/adapter";

/** Passes on to other processes what was committed here, and learns of it when somebody begins to wait. */
export interface WakeUpRelay {
  /** Something was committed to this events table in this process. */
  committed(table: string): void;
  /** Whether anybody in this process waits for commits now. */
  watched(isWatched: boolean): void;
}

interface Watch {
  readonly names: ReadonlySet<string>;
  readonly wake: () => void;
}

/** Who in this process waits for something that has a name. */
export class Watches {
  readonly #watches = new Set<Watch>();

  get size(): number {
    return this.#watches.size;
  }

  /** Calls `wake` for any of these names, until the returned function is called. */
  watch(names: readonly string[], wake: () => void): () => void {
    const watch = { names: new Set(names), wake };
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  /** Wakes those that wait for any of these names; without them, everybody. */
  wake(names?: readonly string[]): void {
    for (const watch of this.#watches) {
      if (names === undefined || names.some((name) => watch.names.has(name))) watch.wake();
    }
  }
}

const progressByDatabase = new WeakMap<object, Watches>();

/** Who waits in this process for consumers to move their checkpoints, by the consumers' names. */
export const progressOf = (database: object): Watches => {
  const known = progressByDatabase.get(database) ?? new Watches();
  progressByDatabase.set(database, known);
  return known;
};

/** By what all instances that derive from one `new Kysely()` have in common. */
const byDatabase = new WeakMap<object, WakeUps>();

/**
 * Wakes whoever waits in this process for events of some tables, as soon as they are committed. Only
 * ever a hint: whoever waits also looks by itself from time to time, and a wake-up for nothing costs one
 * look.
 */
export class WakeUps {
  readonly #watches = new Watches();
  readonly #relays = new Set<WakeUpRelay>();

  static of(database: object): WakeUps {
    const known = byDatabase.get(database) ?? new WakeUps();
    byDatabase.set(database, known);
    return known;
  }

  /** Calls `wake` after commits to any of these events tables, until the returned function is called. */
  watch(tables: readonly string[], wake: () => void): () => void {
    const unwatch = this.#watches.watch(tables, wake);
    if (this.#watches.size === 1) for (const relay of this.#relays) relay.watched(true);
    return () => {
      unwatch();
      if (this.#watches.size === 0) for (const relay of this.#relays) relay.watched(false);
    };
  }

  /** Wakes up once what was written is known to be committed; never before, and not after a rollback. */
  after(durability: Durability, table: string): void {
    if (durability.kind === "committed") this.#committed(table);
    else if (durability.kind === "open") {
      durability.onEnd((end) => {
        if (end === "committed") this.#committed(table);
      });
    }
  }

  /** Wakes those that wait for any of these tables; without them, everybody. */
  wake(tables?: readonly string[]): void {
    this.#watches.wake(tables);
  }

  /** Has commits of this process passed on, until the returned function is called. */
  relay(relay: WakeUpRelay): () => void {
    this.#relays.add(relay);
    if (this.#watches.size > 0) relay.watched(true);
    return () => {
      if (this.#relays.delete(relay)) relay.watched(false);
    };
  }

  #committed(table: string): void {
    this.wake([table]);
    for (const relay of this.#relays) relay.committed(table);
  }
}
