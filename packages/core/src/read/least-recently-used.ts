interface Weighed<Value> {
  readonly value: Value;
  readonly weight: number;
}

/** Keeps what was used last, up to a weight in all. */
export class LeastRecentlyUsed<Key, Value> {
  readonly #weightMax: number;
  /** What was not used for the longest is at the front. */
  readonly #kept = new Map<Key, Weighed<Value>>();
  #weight = 0;

  constructor(weightMax: number) {
    this.#weightMax = weightMax;
  }

  /** Counts as a use. */
  get(key: Key): Value | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  peek(key: Key): Value | undefined {
    return this.#kept.get(key)?.value;
  }

  /** What alone is heavier than everything may be is not kept. */
  set(key: Key, value: Value, weight: number): void {
    this.delete(key);
    if (weight > this.#weightMax) return;
    this.#kept.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#weightMax) return;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    const found = this.#kept.get(key);
    if (found === undefined) return;
    this.#kept.delete(key);
    this.#weight -= found.weight;
  }
}
