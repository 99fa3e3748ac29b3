import { TopicReader } from "../consumers/topic-reader.ts";
import { moveCheckpoint } from "../statements/consumer-checkpoint.ts";
import { type PlaceRow, readPlaces } from "../statements/projection-checkpoint.ts";
import { holdWriters, type Patience } from "./locked-tables.ts";
import { type CopyKind, copyName, type ProjectionParts, runOn } from "./projection-parts.ts";
import { applyToCopy, withCopy } from "./table-copy.ts";

/** How many events one transaction has while nobody waits, and for how long it calls handlers, at most. */
const EVENTS_MAX = 1_000;
const FREE_MS = 1_000;
/** What is assumed of handlers before it is known. */
const EVENTS_PER_MS = 0.2;
/** What is read at once, however fast handlers are and however long they have. */
const EVENTS_AT_ALL = 100_000;

/** A copy has one slot, which nobody ever leases. */
const SLOT = 0;

/** Fills a copy with what is settled, in transactions that each move its checkpoint. */
export class Filler<DB> {
  readonly #parts: ProjectionParts<DB>;
  readonly #kind: CopyKind;
  readonly #reader: TopicReader<DB>;
  #eventsPerMs = EVENTS_PER_MS;

  constructor(parts: ProjectionParts<DB>, kind: CopyKind) {
    this.#parts = parts;
    this.#kind = kind;
    const plan = { ...parts.applier.plan, name: copyName(parts, kind) };
    this.#reader = new TopicReader(parts.database, plan);
  }

  /** How many events its handlers come to in a time, going by the last transaction. */
  eventsIn(ms: number): number {
    return Math.min(EVENTS_AT_ALL, Math.max(20, Math.ceil(this.#eventsPerMs * ms)));
  }

  /**
   * Handles what comes next, up to a position at most.
   *
   * @param hold has those who write the live tables wait for so long, once they have been waited for; without
   * it, nobody waits.
   * @returns where the copy is then; `undefined` when there is none.
   */
  async step(upTo: number, hold?: Hold): Promise<number | undefined> {
    const parts = this.#parts;
    const name = copyName(parts, this.#kind);
    const [place] = await runOn(parts, this.#kind)<PlaceRow>(readPlaces, [[name]]);
    if (place === undefined) return undefined;
    const after = Number(place.position);
    const page = {
      after,
      upTo,
      limit: Math.max(EVENTS_MAX, this.eventsIn(2 * (hold?.forMs ?? 0))),
      for: { slots: [SLOT], of: 1 },
    };
    const read = await this.#reader.read(page);
    if (read.upTo === after) return after;
    return withCopy(parts, this.#kind, async (at) => {
      // Another process that fills the same copy was faster.
      if (at.filled !== after) return at.filled;
      if (hold) await holdWriters(parts, at.run, hold.patience);
      const events = await parts.opened(read.events, at.tx);
      const begunAt = performance.now();
      const ms = hold?.forMs ?? FREE_MS;
      const handled = await applyToCopy(parts, this.#kind, at, events, ms);
      if (handled > 0) this.#eventsPerMs = handled / (performance.now() - begunAt);
      const to = handled === events.length ? read.upTo : (events[handled - 1]?.position ?? after);
      const move = [name, SLOT, at.epoch, after, to, read.life, at.moves];
      if ((await at.run(moveCheckpoint, move)).length > 0) return to;
      // The server is another one than the events were read from; what was written is rolled back.
      this.#reader.forget();
      throw new NotMoved();
    }).catch((error: unknown) => {
      if (error instanceof NotMoved) return after;
      throw error;
    });
  }
}

interface Hold {
  readonly forMs: number;
  readonly patience: Patience;
}

class NotMoved extends Error {}
