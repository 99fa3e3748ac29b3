import type { TopicEvent } from "../port/rows.ts";
import type { Slot } from "./slot.ts";

/** So many leases in a row that ran out make a slot's events be handled one by one. */
const LOSSES_CAREFUL = 2;
/** So many that ran out on the same event make it the culprit. */
const LOSSES_CULPRIT = 3;

/** How many events a batch may have, so that one that fails comes to stand alone. */
export class Suspects {
  readonly #slot: Pick<Slot, "losses" | "suspect">;
  readonly #batchSize: number;
  /** Handled one by one, or fewer at a time, up to this position. */
  #until = 0;
  #limit: number;
  #alone: number | undefined;
  /** How many events are still to be handled one by one, after leases ran out. */
  #careful: number;

  constructor(slot: Pick<Slot, "losses" | "suspect">, batchSize: number) {
    this.#slot = slot;
    this.#batchSize = batchSize;
    this.#limit = batchSize;
    this.#careful = slot.losses >= LOSSES_CAREFUL ? batchSize : 0;
  }

  get isCareful(): boolean {
    return this.#careful > 0;
  }

  /** Whether the lease ran out on this very event before, once too often. */
  isCulprit({ position }: TopicEvent): boolean {
    return this.#slot.losses >= LOSSES_CULPRIT && this.#slot.suspect === position;
  }

  /** How many events to take, when this one is the first. */
  limit(first: TopicEvent | undefined): number {
    if (this.isCareful) return 1;
    if (first === undefined || first.position > this.#until) return this.#batchSize;
    return first.position === this.#alone ? 1 : this.#limit;
  }

  /** Notes a batch that failed, and the event it failed on, where that is known. */
  found(events: readonly TopicEvent[], at: TopicEvent | undefined): void {
    const index = events.findIndex(({ position }) => position === at?.position);
    this.#until = events.at(-1)?.position ?? 0;
    this.#alone = at?.position;
    // Those before it went well, and will again; of an unknown one, half of them is free.
    this.#limit = index > 0 ? index : Math.max(1, Math.ceil(events.length / 2));
    if (index >= 0) this.#until = at?.position ?? this.#until;
  }

  passed(count: number): void {
    this.#careful = Math.max(0, this.#careful - count);
  }
}
