import type { AdvanceWork } from "../port/consumer-store.ts";
import type { KeyPlace, OpenLetter, SlotChange } from "../port/dead-letters.ts";
import type { TopicEvent } from "../port/rows.ts";
import { Answered, DeliveryProgress, deliver } from "./deliver.ts";
import { type HeldKey, type HeldKeys, isBlocked } from "./held-keys.ts";
import {
  discardedLetter,
  holdOf,
  letterAfter,
  placeBefore,
  placeOf,
  waitingLetter,
} from "./letters.ts";
import { isPassing } from "./passing.ts";
import type { Slot } from "./slot.ts";
import { isKnown } from "./sort-events.ts";
import type { WorkerParts } from "./worker-parts.ts";

type Outcome =
  | { readonly kind: "moved" }
  | { readonly kind: "lost" }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Goes on with keys that wait for dead letters: the event itself first, then what came after it, in order,
 * up to the slot's checkpoint, where the key joins the others again. All of it under the slot's lease,
 * which is asserted by a move of the checkpoint to where it is.
 */
export class KeyRepair<Tx> {
  readonly #parts: WorkerParts<Tx>;
  readonly #slot: Slot;
  readonly #held: HeldKeys;
  readonly #fenced: (work: AdvanceWork<Tx>) => Promise<boolean>;
  #attempt = 1;

  constructor(
    parts: WorkerParts<Tx>,
    slot: Slot,
    held: HeldKeys,
    fenced: (work: AdvanceWork<Tx>) => Promise<boolean>,
  ) {
    this.#parts = parts;
    this.#slot = slot;
    this.#held = held;
    this.#fenced = fenced;
  }

  async goOn(due: HeldKey | OpenLetter): Promise<void> {
    if ("place" in due) await this.#goOnWithKey(due);
    else await this.#redrive(due);
  }

  async #goOnWithKey(held: HeldKey): Promise<void> {
    const { store, engine } = this.#parts;
    const { letter, place } = held;
    if (isBlocked(held) && letter.status === "discarded") {
      const { topic, key, position, sequence } = letter;
      return this.#move(held, { topic, key, position, sequence }, []);
    }
    const isRetry = isBlocked(held);
    const limit = isRetry ? 1 : held.limit;
    const events = await store.readKey({ after: place, upTo: this.#slot.position, limit });
    const [first] = events;
    if (first === undefined) return this.#lift(held);
    if (!isKnown(engine.topics, first)) return this.#wait(held, first);
    const unknown = events.findIndex((event) => !isKnown(engine.topics, event));
    await this.#handle(held, unknown === -1 ? events : events.slice(0, unknown), isRetry);
  }

  async #handle(held: HeldKey, events: readonly TopicEvent[], isRetry: boolean): Promise<void> {
    const [first] = events as readonly [TopicEvent];
    const last = events.at(-1) as TopicEvent;
    const { letter } = held;
    const settled: readonly SlotChange[] = isRetry
      ? [{ kind: "settled", position: letter.position, as: "handled" }]
      : [];
    const attempt = isRetry ? letter.attempts + 1 : this.#attempt;
    const outcome = await this.#deliver(events, attempt, (skips) => [
      ...settled,
      ...skips,
      { kind: "moved", place: placeOf(last) },
    ]);
    if (outcome.kind === "moved") {
      this.#attempt = 1;
      held.letter = { ...letter, status: isRetry ? "handled" : letter.status };
      return this.#held.moved(held, placeOf(last));
    }
    if (outcome.kind === "lost") return;
    if (events.length > 1) {
      // One by one, until the key is through.
      held.limit = 1;
      return;
    }
    await this.#fail(held, first, outcome.error, isRetry ? letter : undefined);
  }

  /** The same event again, or another one of the key: it waits for this one now. */
  async #fail(
    held: HeldKey,
    event: TopicEvent,
    error: unknown,
    before: OpenLetter | undefined,
  ): Promise<void> {
    const { engine, onStop } = this.#parts;
    if (error instanceof Answered && error.answer.kind === "stop") return onStop();
    const letter = letterAfter(engine, event, error, before);
    const goesOn = engine.onFailure === "skip" && letter.status === "dead";
    const hold = goesOn ? placeOf(event) : placeBefore(event);
    if (!(await this.#fenced({ changes: () => [{ kind: "letter", letter, hold }] }))) {
      return this.#slot.end();
    }
    this.#held.hold(holdOf(hold, letter));
    if (goesOn) this.#held.moved(held, hold);
  }

  async #wait(held: HeldKey, event: TopicEvent): Promise<void> {
    const letter = waitingLetter(event);
    const hold = placeBefore(event);
    if (!(await this.#fenced({ changes: () => [{ kind: "letter", letter, hold }] }))) {
      return this.#slot.end();
    }
    this.#held.lift(held.place);
    this.#held.hold(holdOf(hold, letter));
  }

  /** Tries one event again whose key has long gone on. */
  async #redrive(letter: OpenLetter): Promise<void> {
    const { store, engine } = this.#parts;
    const { topic, key, position, sequence } = letter;
    const after = { topic, key, position: position - 1, sequence: Math.max(0, sequence - 1) };
    const [event] = await store.readKey({ after, upTo: position, limit: 1 });
    const settled: SlotChange = { kind: "settled", position, as: "handled" };
    if (event === undefined) {
      // Its type has no handler any more.
      await this.#fenced({ changes: () => [settled] });
      return this.#held.settled(letter);
    }
    const outcome = await this.#deliver([event], letter.attempts + 1, (skips) => [
      settled,
      ...skips,
    ]);
    if (outcome.kind === "lost") return;
    this.#held.settled(letter);
    if (outcome.kind === "moved") return;
    if (outcome.error instanceof Answered && outcome.error.answer.kind === "stop") {
      return this.#parts.onStop();
    }
    const failed = letterAfter(engine, event, outcome.error, letter);
    const dead = { ...failed, status: "dead", retryInMs: null } as const;
    await this.#fenced({ changes: () => [{ kind: "letter", letter: dead }] });
  }

  async #deliver(
    events: readonly TopicEvent[],
    attempt: number,
    changes: (skips: readonly SlotChange[]) => readonly SlotChange[],
  ): Promise<Outcome> {
    const { engine, store, stop } = this.#parts;
    const progress = new DeliveryProgress();
    const handle = (tx: Tx | undefined) =>
      deliver(engine, events, { attempt, tx, signal: stop }, progress);
    const after = () =>
      changes(
        progress.skips.map(({ event, reason }): SlotChange => {
          return { kind: "letter", letter: discardedLetter(event, reason) };
        }),
      );
    try {
      const isOutside = engine.delivery === "at-least-once";
      if (isOutside) await handle(undefined);
      const isMoved = await this.#fenced(
        isOutside ? { changes: after } : { effects: handle, changes: after },
      );
      if (!isMoved) this.#slot.end();
      return { kind: isMoved ? "moved" : "lost" };
    } catch (error) {
      if (isPassing(error, store)) {
        this.#attempt += 1;
        throw error;
      }
      return { kind: "failed", error };
    }
  }

  async #move(held: HeldKey, place: KeyPlace, changes: readonly SlotChange[]): Promise<void> {
    const all = (): readonly SlotChange[] => [...changes, { kind: "moved", place }];
    if (!(await this.#fenced({ changes: all }))) return this.#slot.end();
    this.#held.moved(held, place);
  }

  async #lift(held: HeldKey): Promise<void> {
    const { topic, key } = held.place;
    const changes = (): readonly SlotChange[] => [{ kind: "lifted", topic, key }];
    if (!(await this.#fenced({ changes }))) return this.#slot.end();
    this.#held.lift(held.place);
  }
}
