import { LeaseOutlivedError } from "../errors/consume-errors.ts";
import type { AdvanceWork, CheckpointMove } from "../port/consumer-store.ts";
import type { SlotChange } from "../port/dead-letters.ts";
import type { TopicEvent } from "../port/rows.ts";
import { Backoff } from "./backoff.ts";
import { BatchFailure } from "./batch-failure.ts";
import { DeliveryProgress, deliver } from "./deliver.ts";
import { unlessGivenUp } from "./give-up.ts";
import { HeldKeys } from "./held-keys.ts";
import { KeyRepair } from "./key-repair.ts";
import { isPassing } from "./passing.ts";
import type { Batch, Slot } from "./slot.ts";
import { changesOf, sortEvents } from "./sort-events.ts";
import { Suspects } from "./suspects.ts";
import type { WorkerParts } from "./worker-parts.ts";

const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5_000;

/** How long the checkpoint may lag behind positions at which there is nothing for the consumer. */
const EMPTY_MOVE_MS = 1_000;

/** Handles what is read for one slot, batch after batch, as long as this process has the slot. */
export class SlotWorker<Tx> {
  readonly #parts: WorkerParts<Tx>;
  readonly #slot: Slot;
  readonly #failures: Backoff;
  readonly #held: HeldKeys;
  readonly #repair: KeyRepair<Tx>;
  readonly #suspects: Suspects;
  #attempt = 1;
  readonly #failure: BatchFailure<Tx>;

  constructor(parts: WorkerParts<Tx>, slot: Slot) {
    this.#parts = parts;
    this.#slot = slot;
    const { engine } = parts;
    this.#failures = new Backoff(engine.clock, RETRY_FIRST_MS, RETRY_MAX_MS);
    this.#suspects = new Suspects(slot, engine.batchSize);
    this.#held = new HeldKeys(engine.topics, engine.batchSize);
    this.#repair = new KeyRepair(parts, slot, this.#held, (work) =>
      this.#advance(slot.position, work),
    );
    this.#failure = new BatchFailure(parts, slot, {
      ...{ held: this.#held, suspects: this.#suspects, handled: this.#handled },
      advance: (to, work) => this.#advance(to, work),
      attempt: (attempt) => {
        this.#attempt = attempt;
      },
    });
  }

  /** Works until the slot is over or the run is to end. */
  async work(): Promise<void> {
    const { stop, limiter, store } = this.#parts;
    while (!stop.aborted && !this.#slot.isOver) {
      try {
        await this.#step((work) => limiter.run(work));
        this.#failures.reset();
      } catch (error) {
        if (this.#parts.giveUp.aborted) return this.#slot.end();
        if (!isPassing(error, store)) throw error;
        this.#attempt += 1;
        await this.#failures.wait(stop);
      }
    }
    if (!this.#slot.isOver && this.#slot.isIdle) await this.#moveOverEmpty();
  }

  async #step(limited: <Result>(work: () => Promise<Result>) => Promise<Result>): Promise<void> {
    const { engine } = this.#parts;
    const slot = this.#slot;
    if (slot.isDrained) return slot.end();
    // Without a certain lease, another process may be at work on it.
    if (performance.now() > slot.validUntil) {
      await slot.signal.wait(engine.leaseMs);
      return;
    }
    if (slot.isTroubleStale) await limited(() => this.#loadTrouble());
    const due = this.#held.next();
    if (due !== undefined) {
      await limited(() => this.#repair.goOn(due));
      return this.#noteTrouble();
    }
    const batch = await this.#next();
    if (batch !== undefined) await limited(() => this.#handle(batch));
  }

  async #loadTrouble(): Promise<void> {
    const { store, slotCount } = this.#parts;
    const slot = this.#slot;
    // First, so that what somebody decides meanwhile is looked at again.
    slot.isTroubleStale = false;
    try {
      this.#held.load(await store.trouble({ slots: [slot.slot], of: slotCount() }));
    } catch (error) {
      slot.isTroubleStale = true;
      throw error;
    }
    this.#noteTrouble();
  }

  #noteTrouble(): void {
    const before = this.#slot.awaitsRetry;
    this.#slot.awaitsRetry = this.#held.isAwaited;
    if (before && !this.#slot.awaitsRetry) this.#parts.onProgress();
  }

  async #next(): Promise<Batch | undefined> {
    const { engine, stop, onProgress } = this.#parts;
    const slot = this.#slot;
    const untilDue = this.#held.msUntilDue;
    if (this.#held.size >= engine.maxHeldKeys) {
      await slot.signal.wait(untilDue);
      return undefined;
    }
    if (slot.waiting === 0) {
      const isBehind = slot.readTo > slot.position;
      const waitsMs = slot.drainTo === slot.readTo ? 0 : EMPTY_MOVE_MS - slot.msSinceMove;
      if (isBehind && waitsMs <= 0) return slot.take(0);
      const waits = [...(isBehind ? [waitsMs] : []), ...(untilDue === undefined ? [] : [untilDue])];
      await slot.signal.wait(waits.length === 0 ? undefined : Math.min(...waits));
      return undefined;
    }
    if (this.#parts.waitsForMore) await this.#untilFull();
    if (stop.aborted || slot.isOver) return undefined;
    const batch = slot.take(this.#suspects.limit(slot.first));
    onProgress();
    return batch;
  }

  async #untilFull(): Promise<void> {
    const { engine, stop } = this.#parts;
    const until = performance.now() + engine.batchWaitMs;
    while (this.#slot.waiting < engine.batchSize && !stop.aborted && !this.#slot.isOver) {
      const left = until - performance.now();
      if (left <= 0) return;
      await this.#slot.signal.wait(left);
    }
  }

  /** Handles a batch, or deals with its failure. What fails in passing is put back and thrown on. */
  async #handle(batch: Batch): Promise<void> {
    const { engine, store, onProgress } = this.#parts;
    const slot = this.#slot;
    const progress = new DeliveryProgress();
    const { events, parked } = sortEvents(batch.events, this.#held, engine.topics);
    const changesUpTo = (to: number) => changesOf(parked, progress, to);
    try {
      const [first] = events;
      if (first !== undefined && this.#suspects.isCareful) await this.#suspect(first);
      const changes = () => changesUpTo(batch.to);
      const isMoved = await this.#deliverAndMove(events, batch.to, progress, changes);
      if (!isMoved) return slot.end();
      this.#held.note(changes());
      this.#handled(batch);
      onProgress();
    } catch (error) {
      if (isPassing(error, store) || this.#parts.giveUp.aborted) {
        slot.putBack(batch.events);
        throw error;
      }
      const failed = { batch, events, progress, changesUpTo };
      await this.#failure.dealWith(error, failed);
    }
    if (engine.onFailure === "hold" || engine.onFailure === "skip") this.#noteTrouble();
  }

  readonly #handled = ({ events, to }: Batch): void => {
    this.#slot.moved(to);
    this.#suspects.passed(events.length);
    this.#attempt = 1;
  };

  async #deliverAndMove(
    events: readonly TopicEvent[],
    to: number,
    progress: DeliveryProgress,
    changes: () => readonly SlotChange[],
  ): Promise<boolean> {
    const { engine } = this.#parts;
    if (events.length === 0) return this.#advance(to, { changes });
    const handle = (tx: Tx | undefined) => this.#deliver(events, tx, this.#attempt, progress);
    if (engine.delivery === "exactly-once") return this.#advance(to, { effects: handle, changes });
    await handle(undefined);
    return this.#advance(to, { changes });
  }

  #deliver(
    events: readonly TopicEvent[],
    tx: Tx | undefined,
    attempt: number,
    progress: DeliveryProgress,
  ): Promise<void> {
    const { engine, stop, giveUp } = this.#parts;
    return unlessGivenUp(deliver(engine, events, { attempt, tx, signal: stop }, progress), giveUp);
  }

  async #suspect(event: TopicEvent): Promise<void> {
    const { engine, store } = this.#parts;
    const { slot, epoch, losses } = this.#slot;
    if (this.#suspects.isCulprit(event)) {
      throw new LeaseOutlivedError({ consumer: engine.plan.name, losses });
    }
    await store.suspect({ slot, epoch }, event.position);
  }

  async #moveOverEmpty(): Promise<void> {
    const slot = this.#slot;
    if (slot.readTo <= slot.position) return;
    const { to } = slot.take(0);
    // Nothing is lost by leaving it where it is.
    const moved = await this.#advance(to).catch(() => false);
    if (moved) slot.moved(to);
  }

  async #advance(to: number, work?: AdvanceWork<Tx>): Promise<boolean> {
    const { slot, epoch, position, moves, life } = this.#slot;
    // What is at the checkpoint already rests on no reading.
    const move: CheckpointMove = {
      ...{ slot, epoch, from: position, to, moves },
      life: to === position ? undefined : life,
    };
    const isMoved = await this.#parts.store.advance(move, work);
    if (isMoved) this.#slot.moves += 1;
    return isMoved;
  }
}
