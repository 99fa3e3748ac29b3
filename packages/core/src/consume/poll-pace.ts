/** Waits grow by so much from one poll that finds nothing to the next. */
const GROWTH = 1.25;
/** Up to this share of a wait is left out at random, so that processes do not poll in step. */
const JITTER = 0.2;

/** Looking takes up at most one part in so many of the time, however many commits wake it up. */
const LOOK_SHARE = 4;
/** Nor do wake-ups have to wait for longer than this. */
const GAP_MAX_MS = 25;

/**
 * How long to wait between two polls: about a fifth of how long nothing has come, from `firstMs` up to
 * `maxMs`, never longer.
 */
export class PollPace {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(firstMs: number, maxMs: number, random: () => number = Math.random) {
    this.#firstMs = Math.min(firstMs, maxMs);
    this.#maxMs = maxMs;
    this.#random = random;
    this.#nextMs = this.#firstMs;
  }

  /** Something came, so that more is likely to come soon. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }

  /**
   * How long to pause after a look that took so long, though more was committed already. On a busy machine
   * looks take longer, and so come less often.
   */
  gapAfter(lookMs: number): number {
    return Math.min(lookMs * (LOOK_SHARE - 1), GAP_MAX_MS);
  }

  /** The next wait's length in milliseconds. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * GROWTH, this.#maxMs);
    return ms * (1 - JITTER * this.#random());
  }
}
