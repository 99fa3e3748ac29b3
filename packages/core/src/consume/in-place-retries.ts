import type { TopicEvent } from "../port/rows.ts";
import { failureText, letterAfter } from "./letters.ts";
import { retryDelay } from "./retry-delay.ts";
import type { Slot } from "./slot.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** Retries of an event where nothing else of its slot may go on before it is handled. */
export class InPlaceRetries<Tx> {
  readonly #parts: WorkerParts<Tx>;
  readonly #slot: Slot;
  #last = { position: 0, attempts: 0 };

  constructor(parts: WorkerParts<Tx>, slot: Slot) {
    this.#parts = parts;
    this.#slot = slot;
  }

  /**
   * Waits before the next attempt; when there is none, pauses the slot or throws the error.
   *
   * @returns the number of the next attempt.
   */
  async failed(event: TopicEvent, error: unknown): Promise<number> {
    const { engine, store, stop } = this.#parts;
    const before = this.#last.position === event.position ? this.#last.attempts : 0;
    const known = { attempts: before, status: "retrying" } as const;
    const { status, attempts } = letterAfter(engine, event, error, known);
    this.#last = { position: event.position, attempts };
    if (status === "retrying") {
      await engine.clock.sleep(retryDelay(engine.retry, attempts), stop);
    } else if (engine.onFailure === "pause") {
      const failure = { event, attempts, error: failureText(error, event) };
      const because = `${attempts} attempts failed on ${event.topic}/${event.id}/${event.sequence}`;
      await store.pauseSlot(this.#slot.slot, because, failure);
      this.#slot.end();
    } else {
      throw error;
    }
    return attempts + 1;
  }
}
