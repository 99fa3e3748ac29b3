import { AsyncLocalStorage } from "node:async_hooks";

/** Something that waits for a lane, and how it ends. */
interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result | Promise<Result>) => void;
}

/** How one of several came out; `undefined` when it has to be done on its own. */
export type Settled<Result> = Result | Promise<Result> | undefined;

export interface LaneWork<Item, Result> {
  /** Does one, as it would be done without lanes. */
  readonly one: (item: Item) => Promise<Result>;
  /** Does several at once, and never throws. What it does not settle is done one by one. */
  readonly several: (items: readonly Item[]) => Promise<readonly Settled<Result>[]>;
  /** Takes from what waits, oldest first, what can be done at once; at least one. */
  readonly choose: (waiting: readonly Item[]) => ReadonlySet<Item>;
}

/** After how many milliseconds without an end a lane is not waited for any longer. */
const STUCK_MS = 20;

/**
 * Does things at once when there is room, and gathers what comes while there is none. Nobody waits for
 * company: a lane that becomes free takes what is there. One that is held up, by a lock for example, holds up
 * nobody else for long.
 */
export class Lanes<Item, Result> {
  readonly #work: LaneWork<Item, Result>;
  readonly #lanes: number;
  /** What gathered calls do together belongs to none of them. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #waiting: Waiting<Item, Result>[] = [];
  #running = 0;
  #ended = 0;
  #watch: NodeJS.Timeout | undefined;

  /** @param lanes how much is done at a time before anything is gathered. */
  constructor(work: LaneWork<Item, Result>, lanes: number) {
    this.#work = work;
    this.#lanes = lanes;
  }

  run(item: Item): Promise<Result> {
    if (this.#running < this.#lanes) return this.#alone(item);
    return new Promise((resolve) => {
      this.#waiting.push({ item, resolve });
      this.#watch ??= this.#watching();
    });
  }

  async #alone(item: Item): Promise<Result> {
    this.#running += 1;
    try {
      return await this.#work.one(item);
    } finally {
      this.#free();
    }
  }

  #free(): void {
    this.#running -= 1;
    this.#ended += 1;
    if (this.#waiting.length > 0 && this.#running < this.#lanes) this.#next();
  }

  #next(): void {
    const chosen = this.#work.choose(this.#waiting.map(({ item }) => item));
    const batch = this.#waiting.filter(({ item }) => chosen.has(item));
    this.#waiting = this.#waiting.filter(({ item }) => !chosen.has(item));
    void this.#outside(() => this.#together(batch));
  }

  async #together(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const items = batch.map(({ item }) => item);
    const [first] = items;
    if (first !== undefined && batch.length === 1) {
      batch[0]?.resolve(this.#alone(first));
      return;
    }
    this.#running += 1;
    const results = await this.#work.several(items);
    for (const [at, { item, resolve }] of batch.entries()) {
      resolve(results[at] ?? this.#work.one(item));
    }
    this.#free();
  }

  #watching(): NodeJS.Timeout {
    const endedBefore = this.#ended;
    const timer = setTimeout(() => {
      this.#watch = undefined;
      if (this.#waiting.length === 0) return;
      if (this.#ended === endedBefore) this.#next();
      if (this.#waiting.length > 0) this.#watch ??= this.#watching();
    }, STUCK_MS);
    return timer;
  }
}
