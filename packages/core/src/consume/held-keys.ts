import type { Hold, KeyPlace, OpenLetter, SlotChange, SlotTrouble } from "../port/dead-letters.ts";
import type { FollowedTopics } from "./followed-topics.ts";
import { holdOf } from "./letters.ts";

/** A key whose later events wait, as a worker keeps it. */
export interface HeldKey {
  place: KeyPlace;
  letter: OpenLetter;
  /** By this process's clock; `undefined` when somebody has to decide first. */
  dueAt: number | undefined;
  /** How many of its events to handle at a time. */
  limit: number;
}

/** Whether the letter has to be dealt with before anything else of the key. */
export const isBlocked = ({ place, letter }: Pick<HeldKey, "place" | "letter">): boolean =>
  place.position < letter.position && letter.status !== "handled";

/** What of a slot waits for dead letters, and what of it is to be tried now. */
export class HeldKeys {
  readonly #keys = new Map<string, HeldKey>();
  readonly #topics: Pick<FollowedTopics, "knows">;
  readonly #limit: number;
  #redrives: OpenLetter[] = [];

  /** @param limit how many waiting events to handle at a time. */
  constructor(topics: Pick<FollowedTopics, "knows">, limit: number) {
    this.#topics = topics;
    this.#limit = limit;
  }

  get size(): number {
    return this.#keys.size;
  }

  load({ holds, redrives }: SlotTrouble): void {
    this.#keys.clear();
    for (const hold of holds) this.hold(hold);
    this.#redrives = [...redrives];
  }

  has(topic: string, key: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(nameOf(topic, key));
  }

  hold({ place, letter }: Hold): void {
    const dueAt = this.#dueAt(place, letter);
    this.#keys.set(nameOf(place.topic, place.key), { place, letter, dueAt, limit: this.#limit });
  }

  /** Takes over what was written about keys whose later events wait. */
  note(changes: readonly SlotChange[]): void {
    for (const change of changes) {
      if (change.kind !== "letter" || change.hold === undefined) continue;
      this.hold(holdOf(change.hold, change.letter));
    }
  }

  lift({ topic, key }: Pick<KeyPlace, "topic" | "key">): void {
    this.#keys.delete(nameOf(topic, key));
  }

  /** Notes that the key is handled up to here, so that what waits is due. */
  moved(held: HeldKey, place: KeyPlace): void {
    held.place = place;
    held.dueAt = this.#dueAt(place, held.letter);
  }

  settled({ position }: OpenLetter): void {
    this.#redrives = this.#redrives.filter((letter) => letter.position !== position);
  }

  /** The next held key that is due, or the next letter to be tried again on its own. */
  next(): HeldKey | OpenLetter | undefined {
    const now = performance.now();
    for (const held of this.#keys.values()) {
      if (held.dueAt !== undefined && held.dueAt <= now) return held;
    }
    return this.#redrives[0];
  }

  /** How long until something is due, in milliseconds. */
  get msUntilDue(): number | undefined {
    if (this.#redrives.length > 0) return 0;
    const due = [...this.#keys.values()].flatMap(({ dueAt }) => dueAt ?? []);
    return due.length === 0 ? undefined : Math.max(0, Math.min(...due) - performance.now());
  }

  /** Whether something will be tried again because it failed, or is to be gone on with. */
  get isAwaited(): boolean {
    if (this.#redrives.length > 0) return true;
    return [...this.#keys.values()].some(
      ({ dueAt, letter }) =>
        dueAt !== undefined && !(letter.status === "retrying" && letter.attempts === 0),
    );
  }

  #dueAt(place: KeyPlace, letter: OpenLetter): number | undefined {
    const { status, dueInMs, topic, eventType, eventVersion } = letter;
    if (!isBlocked({ place, letter })) return 0;
    if (status === "redrive" || status === "discarded") return 0;
    if (status === "waiting") {
      return this.#topics.knows(topic, eventType, eventVersion) ? 0 : undefined;
    }
    return status === "retrying" ? performance.now() + (dueInMs ?? 0) : undefined;
  }
}

const nameOf = (topic: string, key: string): string => `${topic}/${key}`;
