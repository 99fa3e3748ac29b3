import type { Clock } from "../port/clock.ts";

/** Waits that grow from `firstMs` by doubling up to `maxMs`, until something resets them. */
export class Backoff {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(clock: Clock, firstMs: number, maxMs: number) {
    this.#clock = clock;
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#nextMs = firstMs;
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }

  /** The next wait's length in milliseconds. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#maxMs);
    return ms;
  }

  async wait(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.next(), signal);
  }
}
