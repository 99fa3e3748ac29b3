import type { JsonObject } from "../define/json-value.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import type { StateStore, StoredState } from "../port/state-store.ts";
import type { MemoryTransaction } from "./memory-transaction.ts";

interface Kept extends StoredState {
  readonly until: number;
}

/** One change of a key's value, which its transaction applies when it commits. */
export interface MemoryStateChange {
  readonly state: MemoryState;
  readonly key: string;
  /** What was kept when the transaction began with the key. */
  readonly before: Kept | undefined;
  readonly after: Kept | undefined;
}

/** The state of one name as the in-memory store keeps it. */
export class MemoryState implements StateStore<MemoryTransaction> {
  readonly #name: string;
  readonly #kept = new Map<string, Kept>();

  constructor(name: string) {
    this.#name = name;
  }

  async get(key: string, tx: MemoryTransaction): Promise<JsonObject | undefined> {
    return this.#current(key, tx)?.value;
  }

  async set(
    key: string,
    value: JsonObject,
    until: Date | undefined,
    tx: MemoryTransaction,
  ): Promise<void> {
    const kept = { key, value, until: until?.getTime() ?? Number.POSITIVE_INFINITY };
    this.#change(key, kept, tx);
  }

  async delete(key: string, tx: MemoryTransaction): Promise<boolean> {
    if (this.#current(key, tx) === undefined) return false;
    this.#change(key, undefined, tx);
    return true;
  }

  async takeDue(time: Date, limit: number, tx: MemoryTransaction): Promise<readonly StoredState[]> {
    const keys = new Set([...this.#kept.keys(), ...this.#own(tx).map(({ key }) => key)]);
    const due = [...keys]
      .flatMap((key) => this.#current(key, tx) ?? [])
      .filter(({ until }) => until <= time.getTime())
      .sort((one, other) => one.until - other.until)
      .slice(0, limit);
    for (const { key } of due) this.#change(key, undefined, tx);
    return due.map(({ key, value }) => ({ key, value }));
  }

  /** Refuses what another transaction changed meanwhile; in a database, this one would have waited. */
  check({ key, before }: MemoryStateChange): void {
    if (this.#kept.get(key) === before) return;
    throw new ConcurrentModificationError({ entity: this.#name, id: key, expectedVersion: 0 });
  }

  apply({ key, after }: MemoryStateChange): void {
    if (after === undefined) this.#kept.delete(key);
    else this.#kept.set(key, after);
  }

  #own(tx: MemoryTransaction): readonly MemoryStateChange[] {
    return tx.changes.states.filter(({ state }) => state === this);
  }

  #current(key: string, tx: MemoryTransaction): Kept | undefined {
    const own = this.#own(tx).findLast((change) => change.key === key);
    return own === undefined ? this.#kept.get(key) : own.after;
  }

  #change(key: string, after: Kept | undefined, tx: MemoryTransaction): void {
    tx.changes.states.push({ state: this, key, before: this.#kept.get(key), after });
  }
}
