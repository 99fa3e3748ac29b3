import type { Durability } from "@annals/core/adapter";

/** Passes on to other processes what was committed here, and learns of it when somebody begins to wait. */
export interface WakeUpRelay {
  /** Something was committed to this events table in this process. */
  committed(table: string): void;
  /** Whether anybody in this process waits for commits now. */
  watched(isWatched: boolean): void;
}

interface Watch {
  readonly tables: ReadonlySet<string>;
  readonly wake: () => void;
}

/** By what all instances that derive from one `new Kysely()` have in common. */
const byDatabase = new WeakMap<object, WakeUps>();

/**
 * Wakes whoever waits in this process for events of some tables, as soon as they are committed. Only
 * ever a hint: whoever waits also looks by itself from time to time, and a wake-up for nothing costs one
 * look.
 */
export class WakeUps {
  readonly #watches = new Set<Watch>();
  readonly #relays = new Set<WakeUpRelay>();

  static of(database: object): WakeUps {
    const known = byDatabase.get(database) ?? new WakeUps();
    byDatabase.set(database, known);
    return known;
  }

  /** Calls `wake` after commits to any of these events tables, until the returned function is called. */
  watch(tables: readonly string[], wake: () => void): () => void {
    const watch = { tables: new Set(tables), wake };
    this.#watches.add(watch);
    if (this.#watches.size === 1) for (const relay of this.#relays) relay.watched(true);
    return () => {
      if (!this.#watches.delete(watch) || this.#watches.size > 0) return;
      for (const relay of this.#relays) relay.watched(false);
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
    for (const watch of this.#watches) {
      if (tables === undefined || tables.some((table) => watch.tables.has(table))) watch.wake();
    }
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
