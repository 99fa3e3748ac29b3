import type { OwnedSlot, SlottedEvent, TopicRead } from "../port/consumer-store.ts";
import { Signal } from "./signal.ts";

/** What is to be handled next in a slot, and where that leads its checkpoint. */
export interface Batch {
  readonly events: readonly SlottedEvent[];
  readonly to: number;
}

/**
 * A slot that this process works on under one lease: its checkpoint, and what was read for it and not
 * handled yet. The intake fills it, one worker empties it.
 */
export class Slot {
  readonly slot: number;
  readonly epoch: number;
  /** The checkpoint, as this process has seen or moved it last. */
  position: number;
  /** How often the checkpoint was moved, as this process knows. */
  moves: number;
  /** Everything up to here has been read. */
  readTo: number;
  /** What the store told with the last read. */
  life: string | undefined;
  /** Whether the last read found nothing more. */
  isDry = false;
  isInHand = false;
  /** Set when the lease is lost or given up: nothing new is begun. */
  isOver = false;
  /** The lease is certain until then, by this process's own clock. */
  validUntil: number;
  #drainTo: number | undefined;
  /** When the intake read for it last, in turns. */
  servedIn = 0;
  /** How often its lease ran out before, and on which event. */
  readonly losses: number;
  readonly suspect: number | undefined;
  /** Whether the checkpoint has moved since it was taken. */
  hasMoved = false;
  /** Whether what waits for dead letters has to be looked at again. */
  isTroubleStale = true;
  /** Whether something will be tried again before all is handled. */
  awaitsRetry = true;
  readonly signal = new Signal();
  #queue: SlottedEvent[] = [];
  #handTo = 0;
  /** Whether what was read means nothing any more, and is dropped as soon as nothing is in hand. */
  #isForgotten = false;
  #movedAt = performance.now();

  constructor(
    { slot, epoch, position, moves, losses, suspect }: OwnedSlot,
    validUntil: number,
    drainTo: number | undefined,
  ) {
    this.slot = slot;
    this.epoch = epoch;
    this.position = position;
    this.moves = moves;
    this.readTo = position;
    this.losses = losses;
    this.suspect = suspect;
    this.validUntil = validUntil;
    this.#drainTo = drainTo;
  }

  /** Nothing beyond is read or handled. */
  get drainTo(): number | undefined {
    return this.#drainTo;
  }

  /** Whether it has come to where the number of slots changes. */
  get isDrained(): boolean {
    return this.#drainTo !== undefined && this.position >= this.#drainTo;
  }

  /** Takes back what was read beyond, but for what is in hand already. */
  drain(to: number | undefined): void {
    this.#drainTo = to;
    if (to === undefined) return;
    const bound = Math.max(to, this.isInHand ? this.#handTo : this.position);
    if (this.readTo <= bound) return;
    this.#queue = this.#queue.filter(({ position }) => position <= bound);
    this.readTo = bound;
  }

  /** The next event to be taken. */
  get first(): SlottedEvent | undefined {
    return this.#queue[0];
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Whether there is something to read for it, as far as is known. */
  get isHungry(): boolean {
    if (this.isDry || this.#isForgotten) return false;
    return this.drainTo === undefined || this.readTo < this.drainTo;
  }

  /** Whether everything that was read is handled. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.isInHand && !this.awaitsRetry;
  }

  /** How long the checkpoint has been behind what is known to be empty, in milliseconds. */
  get msSinceMove(): number {
    return performance.now() - this.#movedAt;
  }

  /** Takes in what was read after a position, unless it has been taken back to another since. */
  fill(after: number, events: readonly SlottedEvent[], { upTo, life, more }: TopicRead): void {
    if (after !== this.readTo || this.#isForgotten) return;
    this.#queue.push(...events);
    this.readTo = upTo;
    this.life = life;
    this.isDry = events.length === 0 && !more;
    this.drain(this.#drainTo);
    this.signal.poke();
  }

  /** Takes up to so many events. With none, the batch only moves the checkpoint over what is empty. */
  take(limit: number): Batch {
    const events = this.#queue.splice(0, limit);
    this.isInHand = true;
    const last = events.at(-1);
    const to = this.#queue.length === 0 || last === undefined ? this.readTo : last.position;
    this.#handTo = to;
    return { events, to };
  }

  /** Notes that what was taken is handled. */
  moved(to: number): void {
    if (to > this.position) this.hasMoved = true;
    this.position = to;
    this.isInHand = false;
    if (this.#isForgotten) this.forget();
    this.#movedAt = performance.now();
  }

  /** Puts back what could not be handled yet. */
  putBack(events: readonly SlottedEvent[]): void {
    this.#queue.unshift(...events);
    this.isInHand = false;
    if (this.#isForgotten) this.forget();
  }

  /** Looks again at what waits for dead letters. */
  reloadTrouble(): void {
    this.isTroubleStale = true;
    this.awaitsRetry = true;
    this.signal.poke();
  }

  /** Forgets what was read, which may mean nothing any more; it is read again from the checkpoint. */
  forget(): void {
    // What is in hand fails by itself if it means nothing; but nothing read later may vouch for it.
    this.#isForgotten = this.isInHand;
    if (this.isInHand) return;
    this.#queue = [];
    this.readTo = this.position;
    this.isDry = false;
  }

  end(): void {
    this.isOver = true;
    this.signal.poke();
  }
}
