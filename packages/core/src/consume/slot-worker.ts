import { AnnalsError } from "../errors/annals-error.ts";
import type { CheckpointMove, ConsumerStore } from "../port/consumer-store.ts";
import { Backoff } from "./backoff.ts";
import { deliver } from "./deliver.ts";
import type { Limiter } from "./limiter.ts";
import type { Batch, Slot } from "./slot.ts";
import type { ConsumerEngine } from "./untyped-options.ts";

/** What the workers of one run have in common. */
export interface WorkerParts<Tx> {
  readonly engine: ConsumerEngine;
  readonly store: ConsumerStore<Tx>;
  readonly limiter: Limiter;
  /** Aborted when the run is to end: nothing new is begun. */
  readonly stop: AbortSignal;
  /** Aborted when what is in hand has to be given up as well. */
  readonly giveUp: AbortSignal;
  /** Whether batches that are not full wait for more. */
  readonly waitsForMore: boolean;
  /** Called when something was taken or handled, so that more can be read. */
  readonly onProgress: () => void;
}

const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5_000;

/** How long the checkpoint may lag behind positions at which there is nothing for the consumer. */
const EMPTY_MOVE_MS = 1_000;

/** Handles what is read for one slot, batch after batch, as long as this process has the slot. */
export class SlotWorker<Tx> {
  readonly #parts: WorkerParts<Tx>;
  readonly #slot: Slot;
  readonly #failures: Backoff;
  #attempt = 1;

  constructor(parts: WorkerParts<Tx>, slot: Slot) {
    this.#parts = parts;
    this.#slot = slot;
    this.#failures = new Backoff(parts.engine.clock, RETRY_FIRST_MS, RETRY_MAX_MS);
  }

  /** Works until the slot is over or the run is to end. */
  async work(): Promise<void> {
    const { stop } = this.#parts;
    while (!stop.aborted && !this.#slot.isOver) {
      const batch = await this.#next();
      if (batch !== undefined) await this.#try(batch);
    }
    if (!this.#slot.isOver && this.#slot.isIdle) await this.#moveOverEmpty();
  }

  async #next(): Promise<Batch | undefined> {
    const { engine, stop, onProgress } = this.#parts;
    const slot = this.#slot;
    if (slot.isDrained) {
      slot.end();
      return undefined;
    }
    // Without a certain lease, another process may be at work on it.
    if (performance.now() > slot.validUntil) {
      await slot.signal.wait(engine.leaseMs);
      return undefined;
    }
    if (slot.waiting === 0) {
      const isBehind = slot.readTo > slot.position;
      const waitsMs = slot.drainTo === slot.readTo ? 0 : EMPTY_MOVE_MS - slot.msSinceMove;
      if (isBehind && waitsMs <= 0) return slot.take(0);
      await slot.signal.wait(isBehind ? waitsMs : undefined);
      return undefined;
    }
    if (this.#parts.waitsForMore) await this.#untilFull();
    if (stop.aborted || slot.isOver) return undefined;
    const batch = slot.take(engine.batchSize);
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

  async #try(batch: Batch): Promise<void> {
    const { limiter, store, giveUp, onProgress } = this.#parts;
    try {
      const moved = await limiter.run(() => this.#handle(batch));
      if (moved) this.#slot.moved(batch.to);
      else this.#slot.end();
      this.#failures.reset();
      this.#attempt = 1;
      onProgress();
    } catch (error) {
      if (giveUp.aborted) return this.#slot.end();
      if (!isPassing(error, store)) throw error;
      this.#slot.putBack(batch);
      this.#attempt += 1;
      await this.#failures.wait(this.#parts.stop);
    }
  }

  /** @returns whether the checkpoint has moved. */
  async #handle(batch: Batch): Promise<boolean> {
    const { engine, store } = this.#parts;
    const move = this.#moveTo(batch.to);
    if (batch.events.length === 0) return store.advance(move);
    if (engine.delivery === "exactly-once") {
      return store.advance(move, (tx) => this.#deliver(batch, tx));
    }
    await this.#deliver(batch, undefined);
    return store.advance(move);
  }

  async #deliver({ events }: Batch, tx: Tx | undefined): Promise<void> {
    const { engine, stop, giveUp } = this.#parts;
    const delivered = { attempt: this.#attempt, tx, signal: stop };
    await unlessGivenUp(
      deliver(engine, events, delivered, () => {}),
      giveUp,
    );
  }

  async #moveOverEmpty(): Promise<void> {
    const slot = this.#slot;
    if (slot.readTo <= slot.position) return;
    const { to } = slot.take(0);
    // Nothing is lost by leaving it where it is.
    const moved = await this.#parts.store.advance(this.#moveTo(to)).catch(() => false);
    if (moved) slot.moved(to);
  }

  #moveTo(to: number): CheckpointMove {
    const { slot, epoch, position, life } = this.#slot;
    return { slot, epoch, from: position, to, life };
  }
}

/** Waits for the handlers, or until they have to be given up. */
const unlessGivenUp = (handled: Promise<void>, giveUp: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abandon = (): void =>
      reject(new Error("The handler took longer than the consumer waits"));
    if (giveUp.aborted) return abandon();
    giveUp.addEventListener("abort", abandon, { once: true });
    handled.then(resolve, reject).finally(() => giveUp.removeEventListener("abort", abandon));
  });

/** Whether the same call may succeed later. Our own errors are looked through to what they wrap. */
export const isPassing = <Tx>(error: unknown, store: ConsumerStore<Tx>): boolean => {
  if (store.isTransient(error)) return true;
  return error instanceof AnnalsError && (error.retryable || isPassing(error.cause, store));
};
