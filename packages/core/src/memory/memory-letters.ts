import type {
  DeadLetterStatus,
  DeadLetterWrite,
  KeyPlace,
  OpenLetter,
  SlotChange,
  SlotTrouble,
} from "../port/dead-letters.ts";

/** A dead letter as the in-memory store keeps it. */
export interface MemoryLetter extends DeadLetterWrite {
  readonly dueAt: number | null;
  readonly firstFailedAt: Date;
  readonly lastFailedAt: Date;
}

const isOpen = ({ status }: MemoryLetter): boolean =>
  status !== "handled" && status !== "discarded";

interface MemoryHold {
  readonly place: KeyPlace;
  /** The letter's position. */
  readonly letter: number;
}

/** The dead letters and held keys of one consumer. */
export class MemoryLetters {
  readonly letters = new Map<number, MemoryLetter>();
  readonly #holds = new Map<string, MemoryHold>();
  version = 0;

  apply(change: SlotChange): void {
    switch (change.kind) {
      case "letter":
        this.#write(change.letter, change.hold);
        break;
      case "settled":
        this.#settle(change.position, change.as);
        break;
      case "moved":
        this.#move(change.place);
        break;
      case "lifted":
        this.#holds.delete(`${change.topic}/${change.key}`);
    }
  }

  get heldKeys(): number {
    return this.#holds.size;
  }

  get waitingEvents(): number {
    return [...this.letters.values()].filter(({ status }) => status === "waiting").length;
  }

  /** The lowest position up to which something that is held is handled. */
  get heldFrom(): number {
    return Math.min(...[...this.#holds.values()].map(({ place }) => place.position));
  }

  /** Starts with what another consumer holds and has not settled. */
  copy(other: MemoryLetters): void {
    for (const [position, letter] of other.letters) this.letters.set(position, letter);
    for (const [name, hold] of other.#holds) this.#holds.set(name, hold);
  }

  /** Forgets what belongs to other topics than these. */
  keepTopics(topics: readonly string[]): void {
    const reason = "The consumer no longer follows the topic";
    for (const [name, { place }] of this.#holds) {
      if (!topics.includes(place.topic)) this.#holds.delete(name);
    }
    for (const [position, letter] of this.letters) {
      if (topics.includes(letter.event.topic) || !isOpen(letter)) continue;
      this.letters.set(position, { ...letter, status: "discarded", reason, dueAt: null });
    }
  }

  /** Discards what is open, and holds nothing any more. */
  reset(): void {
    this.#holds.clear();
    for (const [position, letter] of this.letters) {
      if (!isOpen(letter)) continue;
      const reason = "The consumer was reset";
      this.letters.set(position, { ...letter, status: "discarded", reason, dueAt: null });
    }
  }

  trouble(isOfSlot: (key: string) => boolean): SlotTrouble {
    const holds = [...this.#holds.values()].filter(({ place }) => isOfSlot(place.key));
    const holding = new Set(holds.map(({ letter }) => letter));
    const redrives = [...this.letters.values()].filter(
      ({ status, event }) =>
        status === "redrive" && isOfSlot(event.id) && !holding.has(event.position),
    );
    return {
      holds: holds.map(({ place, letter }) => ({ place, letter: this.#open(letter) })),
      redrives: redrives
        .map(({ event }) => this.#open(event.position))
        .toSorted((one, other) => one.position - other.position),
    };
  }

  /** What somebody decides by hand. */
  decide(position: number, status: DeadLetterStatus, reason: string | null): void {
    const letter = this.letters.get(position);
    if (letter === undefined) return;
    this.letters.set(position, { ...letter, status, reason, dueAt: null });
    this.version += 1;
  }

  #write(letter: DeadLetterWrite, hold: KeyPlace | undefined): void {
    const { position } = letter.event;
    const dueAt = letter.retryInMs === null ? null : performance.now() + letter.retryInMs;
    const now = new Date();
    const firstFailedAt = this.letters.get(position)?.firstFailedAt ?? now;
    this.letters.set(position, { ...letter, dueAt, firstFailedAt, lastFailedAt: now });
    if (hold !== undefined) {
      this.#holds.set(`${hold.topic}/${hold.key}`, { place: hold, letter: position });
    }
  }

  #settle(position: number, status: "handled" | "discarded"): void {
    const letter = this.letters.get(position);
    if (letter !== undefined) this.letters.set(position, { ...letter, status, dueAt: null });
  }

  #move(place: KeyPlace): void {
    const name = `${place.topic}/${place.key}`;
    const hold = this.#holds.get(name);
    if (hold !== undefined) this.#holds.set(name, { ...hold, place });
  }

  #open(position: number): OpenLetter {
    const { event, status, attempts, dueAt } = this.letters.get(position) as MemoryLetter;
    return {
      topic: event.topic,
      key: event.id,
      position,
      sequence: event.sequence,
      eventType: String(event.body.type),
      eventVersion: Number(event.body.v ?? 1),
      status,
      attempts,
      dueInMs: dueAt === null ? null : dueAt - performance.now(),
    };
  }
}
