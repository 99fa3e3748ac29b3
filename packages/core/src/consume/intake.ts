import type { ConsumerStore, SlottedEvent } from "../port/consumer-store.ts";
import type { Slot } from "./slot.ts";

/** Small batches are read many at a time. */
const READ_MIN = 500;
const READ_MAX = 10_000;

/**
 * `read`: there may be more. `all`: everything that was settled was read. `nothing`: there was nothing.
 * `full`: what was read before has to be handled first.
 */
export type Reading = "read" | "all" | "nothing" | "full";

/**
 * Reads for all slots of a process, with one read for those that stand at the same place. A slot that is
 * busy is left behind and reads for itself until it comes to where the others are. Reading goes on while
 * slots handle what they have, bounded by what fits into two batches of each.
 */
export class Intake<Tx> {
  readonly #store: ConsumerStore<Tx>;
  readonly #batchSize: number;
  #turn = 0;

  constructor(store: ConsumerStore<Tx>, batchSize: number) {
    this.#store = store;
    this.#batchSize = batchSize;
  }

  /**
   * Reads once, for the slots that were not read for the longest.
   *
   * @param onVersion told which version of the consumer the store has seen.
   * @returns what there was to read.
   */
  async read(
    slots: readonly Slot[],
    of: number,
    onVersion: (version: number) => void,
  ): Promise<Reading> {
    const limit = this.#room;
    const reading = slots.filter((slot) => !slot.isOver && slot.waiting < limit && slot.isHungry);
    const first = reading.toSorted((one, other) => one.servedIn - other.servedIn)[0];
    if (first === undefined) return this.isFull(slots) ? "full" : "nothing";

    const after = first.readTo;
    const together = reading.filter(({ readTo }) => readTo === after);
    const read = await this.#store.read({
      after,
      // Those that are ahead are met, so that one read serves all again.
      upTo: lowest([...ahead(slots, first), first.drainTo]),
      limit: Math.min(limit * together.length, READ_MAX),
      for: { slots: together.map(({ slot }) => slot), of },
    });
    this.#turn += 1;
    onVersion(read.version);
    const bySlot = Map.groupBy(read.events, ({ slot }) => slot);
    for (const slot of together) {
      slot.servedIn = this.#turn;
      slot.fill(after, bySlot.get(slot.slot) ?? NONE, read);
    }
    if (read.more || together.length < reading.length) return "read";
    return read.events.length === 0 ? "nothing" : "all";
  }

  /** Whether a slot has to be worked on before more can be read for it. */
  isFull(slots: readonly Slot[]): boolean {
    return slots.some((slot) => !slot.isOver && slot.waiting >= this.#room);
  }

  get #room(): number {
    return Math.max(this.#batchSize, READ_MIN);
  }
}

const NONE: readonly SlottedEvent[] = [];

const ahead = (slots: readonly Slot[], { readTo }: Slot): readonly number[] =>
  slots.filter((slot) => !slot.isOver && slot.readTo > readTo).map((slot) => slot.readTo);

const lowest = (positions: readonly (number | undefined)[]): number | undefined => {
  const known = positions.filter((position) => position !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};
