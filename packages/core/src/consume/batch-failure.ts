import type { AdvanceWork } from "../port/consumer-store.ts";
import type { SlotChange } from "../port/dead-letters.ts";
import type { TopicEvent } from "../port/rows.ts";
import { Answered, type DeliveryProgress } from "./deliver.ts";
import type { HeldKeys } from "./held-keys.ts";
import { InPlaceRetries } from "./in-place-retries.ts";
import { letterAfter, placeBefore } from "./letters.ts";
import type { Batch, Slot } from "./slot.ts";
import type { Suspects } from "./suspects.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** A batch that could not be handled, and how far it came. */
export interface FailedBatch {
  readonly batch: Batch;
  /** Those of its events that went to the handlers. */
  readonly events: readonly TopicEvent[];
  readonly progress: DeliveryProgress;
  readonly changesUpTo: (to: number) => readonly SlotChange[];
}

/** What the worker of a slot lends to the handling of failures. */
interface Lent<Tx> {
  readonly held: HeldKeys;
  readonly suspects: Suspects;
  readonly advance: (to: number, work: AdvanceWork<Tx>) => Promise<boolean>;
  readonly handled: (batch: Batch) => void;
  /** Told the number of the next attempt. */
  readonly attempt: (attempt: number) => void;
}

/** What becomes of batches that fail for good: split, retried, parked or given up, as the policy says. */
export class BatchFailure<Tx> {
  readonly #parts: WorkerParts<Tx>;
  readonly #slot: Slot;
  readonly #lent: Lent<Tx>;
  readonly #inPlace: InPlaceRetries<Tx>;

  constructor(parts: WorkerParts<Tx>, slot: Slot, lent: Lent<Tx>) {
    this.#parts = parts;
    this.#slot = slot;
    this.#lent = lent;
    this.#inPlace = new InPlaceRetries(parts, slot);
  }

  /** Deals with a failed batch. When that fails as well, in passing, nothing of it is passed over. */
  async dealWith(error: unknown, failed: FailedBatch): Promise<void> {
    let left = failed.batch.events;
    try {
      left = await this.#keepHandled(failed);
      await this.#decide(error, { ...failed, batch: { ...failed.batch, events: left } });
    } finally {
      if (this.#slot.isInHand && !this.#slot.isOver) this.#slot.putBack(left);
    }
  }

  /** Effects outside cannot be taken back, so the checkpoint moves over what was handled before the failure. */
  async #keepHandled({ batch, progress, changesUpTo }: FailedBatch): Promise<Batch["events"]> {
    const { events } = batch;
    const { handled, at } = progress;
    const index = events.findIndex((event) => event.position === at?.position);
    const before = events[index - 1];
    const isOutside = this.#parts.engine.delivery === "at-least-once";
    if (!isOutside || handled === 0 || before === undefined) return events;
    const changes = () => changesUpTo(before.position);
    if (await this.#lent.advance(before.position, { changes })) {
      this.#slot.position = before.position;
      this.#lent.held.note(changes());
    } else {
      this.#slot.end();
    }
    return events.slice(index);
  }

  /** Splits the batch until the one event stands alone that fails, and then does as the policy says. */
  async #decide(error: unknown, failed: FailedBatch): Promise<void> {
    const { batch, events, progress } = failed;
    const slot = this.#slot;
    const [only] = events;
    if (only === undefined) throw error;
    if (events.length > 1) {
      slot.putBack(batch.events);
      return this.#lent.suspects.found(events, progress.at);
    }
    if (error instanceof Answered && error.answer.kind === "stop") {
      slot.putBack(batch.events);
      return this.#parts.onStop();
    }
    const { onFailure } = this.#parts.engine;
    if (onFailure === "hold" || onFailure === "skip" || error instanceof Answered) {
      await this.#park(only, error, failed);
    } else {
      slot.putBack(batch.events);
      this.#lent.attempt(await this.#inPlace.failed(only, error));
    }
  }

  /** Makes the event a dead letter, to be tried again or not, and goes on behind it. */
  async #park(
    event: TopicEvent,
    error: unknown,
    { batch, changesUpTo }: FailedBatch,
  ): Promise<void> {
    const letter = letterAfter(this.#parts.engine, event, error, undefined);
    const goesOn = this.#parts.engine.onFailure === "skip" && letter.status === "dead";
    const parking: SlotChange = goesOn
      ? { kind: "letter", letter }
      : { kind: "letter", letter, hold: placeBefore(event) };
    const changes = [...changesUpTo(batch.to), parking];
    if (!(await this.#lent.advance(batch.to, { changes: () => changes }))) return this.#slot.end();
    this.#lent.handled(batch);
    this.#lent.held.note(changes);
    this.#parts.onProgress();
  }
}
