import { setTimeout as sleep } from "node:timers/promises";

/** When each event of one group of writers came to its handler for the first time. Those of others are passed over. */
export class Arrivals {
  readonly #at = new Map<string, number>();
  readonly #label: string;
  #hasProbe = false;

  constructor(label: string) {
    this.#label = label;
  }

  /** How many there are, probes left out. */
  get count(): number {
    return this.#at.size;
  }

  get hasProbe(): boolean {
    return this.#hasProbe;
  }

  note(name: string, at: number): void {
    if (name.startsWith(probeName(this.#label))) this.#hasProbe = true;
    else if (name.startsWith(eventName(this.#label)) && !this.#at.has(name)) this.#at.set(name, at);
  }

  at(name: string): number | undefined {
    return this.#at.get(name);
  }

  times(): Iterable<number> {
    return this.#at.values();
  }

  /** Waits until so many have come, or none has for so long. */
  async settle(count: number, quietMs: number): Promise<void> {
    let [last, since] = [this.count, performance.now()];
    while (this.count < count && performance.now() - since < quietMs) {
      await sleep(20);
      if (this.count > last) [last, since] = [this.count, performance.now()];
    }
  }
}

/** The name that an event gives, which tells whose it is. */
export const eventName = (label: string, rest = ""): string => `${label} event ${rest}`;

/** The same for one that is only asked after, and never counted. */
export const probeName = (label: string, rest = ""): string => `${label} probe ${rest}`;
