/**
 * How long handlers are at work at first while those who write the live tables wait: few notice it where that
 * is a consumer.
 */
const HOLDING_INLINE_MS = 500;
const HOLDING_CONSUMER_MS = 1_000;

/** After how many steps in a row that brought a copy no closer something is changed. */
const VAIN_MAX = 3;

/** How a copy comes closer to the live tables, and what is done when it does not. */
export class Pace {
  /** Whether those who write the live tables wait during a step. */
  holds = false;
  forMs: number;
  #closest = Number.POSITIVE_INFINITY;
  #filled = -1;
  #vain = 0;

  constructor(isInline: boolean) {
    this.forMs = isInline ? HOLDING_INLINE_MS : HOLDING_CONSUMER_MS;
  }

  /**
   * Notes where a step has come to, and how far that is behind.
   *
   * @returns false where it was nowhere else than before, since nothing more is settled yet.
   */
  note(filled: number, behindBy: number): boolean {
    if (filled === this.#filled) return false;
    this.#filled = filled;
    this.#vain = behindBy < this.#closest ? 0 : this.#vain + 1;
    this.#closest = Math.min(this.#closest, behindBy);
    if (this.#vain >= VAIN_MAX) {
      this.press();
      this.#closest = behindBy;
    }
    return true;
  }

  /** What is left needs more time than it was given. */
  press(): void {
    if (this.holds) this.forMs *= 2;
    this.holds = true;
    this.#vain = 0;
  }
}
