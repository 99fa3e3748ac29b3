import type { Clock } from "@annals/core";

/** Taken before any test can put fake timers in its place. */
const { setImmediate: soon } = globalThis;

/** Lets whoever was woken go on, until all of them wait for something from outside or sleep again. */
const turn = (): Promise<void> => new Promise((resolve) => soon(resolve));

/** Further than this, no Date goes. */
const TIME_MAX_MS = 8.64e15;

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still until a test moves it. Moving it wakes those who sleep on it in order, each
 * at its exact time, and lets each go on before the next one wakes.
 *
 * Whoever sleeps on it, the pauses of consumers and of `transact` included, waits until it is moved.
 * What a woken one then waits for outside, for example a query, is not waited for: `untilSleeping` tells
 * when it has come back to sleep.
 *
 * @example
 * const clock = new ManualClock("2024-02-29T12:00:00Z");
 * const users = createRepository(User, { db, clock });
 * await clock.advance(60_000);
 */
export class ManualClock implements Clock {
  #nowMs: number;
  #moved: Promise<unknown> = Promise.resolve();
  readonly #sleepers: Sleeper[] = [];
  readonly #watchers: { readonly count: number; readonly tell: () => void }[] = [];

  /** @throws RangeError for a start that is no date. */
  constructor(start: Date | string = "2020-01-01T00:00:00.000Z") {
    this.#nowMs = msOf(start);
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  /** How many are asleep on it. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Sleeps until the clock has been moved this far; fractions of a millisecond count as a whole one. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    if (!(ms > 0)) return turn();
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper: Sleeper = {
      wakesAt: this.#nowMs + Math.ceil(ms),
      wake: () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        signal?.removeEventListener("abort", sleeper.wake);
        resolve();
      },
    };
    this.#sleepers.push(sleeper);
    signal?.addEventListener("abort", sleeper.wake);
    for (const watcher of this.#watchers) if (this.sleeping >= watcher.count) watcher.tell();
    return promise;
  }

  /**
   * Moves the time on by so many milliseconds. Moves that are asked for at once happen one after the other.
   *
   * @throws RangeError for anything but a whole number from 0.
   */
  advance(ms: number): Promise<void> {
    if (!Number.isSafeInteger(ms) || ms < 0) {
      return Promise.reject(new RangeError(`A clock cannot be moved by ${ms} milliseconds`));
    }
    return this.#inOrder(() => this.#moveTo(this.#nowMs + ms));
  }

  /**
   * Moves the time on to a date.
   *
   * @throws RangeError for one that lies behind, or is none.
   */
  async advanceTo(date: Date | string): Promise<void> {
    const target = msOf(date);
    return this.#inOrder(() => this.#moveTo(target));
  }

  /**
   * Moves the time on to when the next sleeper wakes, and wakes those that wake then.
   *
   * @returns the time it is then; `undefined`, and the time stays, when nobody sleeps.
   */
  advanceToNextWake(): Promise<Date | undefined> {
    return this.#inOrder(async () => {
      await turn();
      const next = this.#nextUntil(TIME_MAX_MS);
      if (next === undefined) return undefined;
      await this.#moveTo(next.wakesAt);
      return this.now();
    });
  }

  /** Waits, in real time, until at least so many are asleep: until a consumer is idle, for example. */
  untilSleeping(count: number = 1): Promise<void> {
    if (this.sleeping >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = {
      count,
      tell: () => {
        this.#watchers.splice(this.#watchers.indexOf(watcher), 1);
        resolve();
      },
    };
    this.#watchers.push(watcher);
    return promise;
  }

  #inOrder<Result>(move: () => Promise<Result>): Promise<Result> {
    const moved = this.#moved.then(move);
    this.#moved = moved.catch(() => {});
    return moved;
  }

  async #moveTo(target: number): Promise<void> {
    if (target < this.#nowMs || target > TIME_MAX_MS) {
      throw new RangeError("A clock cannot be moved back, nor beyond the last date there is");
    }
    // Who was called before the move is asleep before it.
    await turn();
    for (;;) {
      const next = this.#nextUntil(target);
      if (next === undefined) break;
      this.#nowMs = next.wakesAt;
      next.wake();
      await turn();
    }
    this.#nowMs = target;
  }

  /** Who wakes first, and of those who wake together, who went to sleep first. */
  #nextUntil(target: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (
        sleeper.wakesAt <= target &&
        sleeper.wakesAt < (next?.wakesAt ?? Number.POSITIVE_INFINITY)
      ) {
        next = sleeper;
      }
    }
    return next;
  }
}

const msOf = (date: Date | string): number => {
  const ms = new Date(date).getTime();
  if (Number.isNaN(ms)) throw new RangeError("A clock was given a date that is none");
  return ms;
};
