import type { ConsumerStore, SlottedEvent } from "../port/consumer-store.ts";
import type { Slot } from "./slot.ts";

/** Small batches are read many at a time. */
const READ_MIN = 500;
const READ_MAX = 10_000;

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
   * @returns `full` when all have enough, `nothing` when none has and there is no more.
   */
  async read(
    slots: readonly Slot[],
    of: number,
    onVersion: (version: number) => void,
  ): Promise<"read" | "full" | "nothing"> {
    const limit = Math.max(this.#batchSize, READ_MIN);
    const withRoom = slots.filter((slot) => !slot.isOver && slot.waiting < limit);
    const reading = withRoom.filter(({ isHungry }) => isHungry);
    const first = reading.toSorted((one, other) => one.servedIn - other.servedIn)[0];
    if (first === undefined) return withRoom.length === 0 && slots.length > 0 ? "full" : "nothing";

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
    const isEmpty = read.events.length === 0 && !read.more;
    return isEmpty && together.length === reading.length ? "nothing" : "read";
  }
}

const NONE: readonly SlottedEvent[] = [];

const ahead = (slots: readonly Slot[], { readTo }: Slot): readonly number[] =>
  slots.filter((slot) => !slot.isOver && slot.readTo > readTo).map((slot) => slot.readTo);

const lowest = (positions: readonly (number | undefined)[]): number | undefined => {
  const known = positions.filter((position) => position !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};
