import { type Clock, systemClock } from "../port/clock.ts";

/**
 * Lets one loop sleep until another has something for it. A poke that comes while nobody sleeps is kept, so
 * that none is missed.
 */
export class Signal {
  #poked = false;
  #wake: (() => void) | undefined;

  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /**
   * Waits for a poke, for as long as `ms` at most; without it, for ever.
   *
   * @returns whether there was one.
   */
  async wait(ms?: number, clock: Clock = systemClock): Promise<boolean> {
    if (!this.#poked) await this.#sleep(ms, clock);
    const isPoked = this.#poked;
    this.#wake = undefined;
    this.#poked = false;
    return isPoked;
  }

  #sleep(ms: number | undefined, clock: Clock): Promise<void> {
    if (ms === undefined) {
      return new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    return clock.sleep(ms, woken.signal);
  }
}
