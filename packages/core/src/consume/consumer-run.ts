import { ConsumerPausedError } from "../errors/consume-errors.ts";
import { systemClock } from "../port/clock.ts";
import type { ConsumerStore, Standing } from "../port/consumer-store.ts";
import { Backoff } from "./backoff.ts";
import { CaughtUp } from "./caught-up.ts";
import { untilAborted } from "./give-up.ts";
import { Intake, type Reading } from "./intake.ts";
import type { Limiter } from "./limiter.ts";
import { PollPace } from "./poll-pace.ts";
import { repeatPassing } from "./repeat-passing.ts";
import { Signal } from "./signal.ts";
import { Slot } from "./slot.ts";
import { SlotWorker } from "./slot-worker.ts";
import type { ConsumerEngine } from "./untyped-options.ts";
import type { WorkerParts } from "./worker-parts.ts";

const POLL_FIRST_MS = 5;
/** How often a process that has no slot asks for one. */
const STANDBY_MS = 1_000;
/** How long what was given up may take to roll back. */
const GIVE_UP_MS = 1_000;

export interface RunParts<Tx> {
  readonly engine: ConsumerEngine;
  readonly store: ConsumerStore<Tx>;
  readonly limiter: Limiter;
  readonly signal: AbortSignal;
  /** `catchUp` ends when everything that is settled is handled. */
  readonly mode: "run" | "catchUp";
}

/**
 * One run of a consumer in this process. Three kinds of loops share the slots: one keeps the leases, one
 * reads, and one for each slot handles.
 */
export class ConsumerRun<Tx> {
  readonly #parts: RunParts<Tx>;
  readonly #process = crypto.randomUUID();
  readonly #intake: Intake<Tx>;
  readonly #workers = new Map<Slot, Promise<void>>();
  readonly #workerParts: WorkerParts<Tx>;
  readonly #ending = new AbortController();
  readonly #givingUp = new AbortController();
  readonly #toRead = new Signal();
  readonly #toAttend = new Signal();
  readonly #poll: PollPace;
  /** Whether reading waits for slots to make room. */
  #waitsForRoom = false;
  #standing: Standing | undefined;
  #failure: { readonly error: unknown } | undefined;
  #progress = 0;
  #version: number | undefined;
  readonly #caughtUp: CaughtUp;

  constructor(parts: RunParts<Tx>) {
    this.#parts = parts;
    const { engine, store, limiter, mode } = parts;
    this.#intake = new Intake(store, engine.batchSize);
    this.#caughtUp = new CaughtUp(engine, store);
    this.#poll = new PollPace(POLL_FIRST_MS, engine.pollIntervalMs);
    this.#workerParts = {
      engine,
      store,
      limiter,
      stop: this.#ending.signal,
      giveUp: this.#givingUp.signal,
      waitsForMore: mode === "run" && engine.batchWaitMs > 0,
      slotCount: () => this.#standing?.slots ?? 1,
      onProgress: () => this.#noteProgress(),
      onStop: () => this.#end(),
    };
  }

  /** Runs to its end, and returns the position that all slots have come to at least. */
  async toEnd(): Promise<number> {
    const { signal, mode, store } = this.#parts;
    const stop = (): void => this.#end();
    if (signal.aborted) return 0;
    signal.addEventListener("abort", stop);
    const unwatch = store.watch(() => this.#toRead.poke());
    try {
      await this.#repeated(() => this.#parts.store.open());
      const loops = [this.#attendLoop(), this.#readLoop()];
      for (const loop of loops) loop.catch((error: unknown) => this.#fail(error));
      await this.#endOf(Promise.allSettled(loops));
    } catch (error) {
      this.#fail(error);
    } finally {
      unwatch();
      await this.#finish();
      signal.removeEventListener("abort", stop);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    if (mode === "run") return 0;
    return (await this.#repeated(() => store.progress([]), signal)) ?? 0;
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  get #slots(): readonly Slot[] {
    return [...this.#workers.keys()];
  }

  #end(): void {
    this.#ending.abort();
    this.#toRead.poke();
    this.#toAttend.poke();
    for (const slot of this.#slots) slot.signal.poke();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#end();
  }

  /** Keeps the leases. A process that waits for a slot asks more often. */
  async #attendLoop(): Promise<void> {
    const { engine, mode } = this.#parts;
    const waits = new Backoff(engine.clock, POLL_FIRST_MS, engine.pollIntervalMs);
    while (!this.#isEnding) {
      await this.#repeated(() => this.#attend());
      const lacks = this.#workers.size < (this.#standing?.quota ?? 0);
      if (!lacks) waits.reset();
      if (mode === "catchUp" && lacks) {
        await this.#toAttend.wait(waits.next());
      } else {
        const beat = engine.leaseMs / 3;
        await this.#toAttend.wait(this.#workers.size === 0 ? Math.min(beat, STANDBY_MS) : beat);
      }
    }
  }

  async #attend(): Promise<void> {
    const { engine, store, mode } = this.#parts;
    const asked = performance.now();
    const standing = await store.attend({
      process: this.#process,
      leaseMs: engine.leaseMs,
      wants: mode === "run" ? "shared" : "all",
      moved: this.#slots.filter(({ hasMoved }) => hasMoved).map(({ slot }) => slot),
    });
    if (mode === "catchUp" && standing.paused !== undefined) {
      throw new ConsumerPausedError({ consumer: engine.plan.name, because: standing.paused });
    }
    const validUntil = asked + engine.leaseMs;
    const owned = new Map(standing.owned.map((one) => [one.slot, one]));
    for (const slot of this.#slots) {
      const kept = owned.get(slot.slot);
      if (kept?.epoch !== slot.epoch) slot.end();
      else slot.validUntil = validUntil;
      slot.signal.poke();
      if (kept?.epoch === slot.epoch) owned.delete(slot.slot);
    }
    this.#standing = standing;
    const { drainTo } = standing;
    for (const slot of this.#slots) slot.drain(drainTo);
    // What was given up here is ours until it is released.
    const leaving = new Set(this.#slots.map(({ slot }) => slot));
    for (const one of owned.values()) {
      if (!leaving.has(one.slot)) this.#begin(new Slot(one, validUntil, drainTo));
    }
    const surplus = this.#slots.filter(({ isOver }) => !isOver).length - standing.quota;
    if (surplus > 0) for (const slot of this.#slots.slice(-surplus)) slot.end();
    this.#toRead.poke();
  }

  #begin(slot: Slot): void {
    if (this.#isEnding) return;
    const worker = new SlotWorker(this.#workerParts, slot);
    const working = worker
      .work()
      .catch((error: unknown) => this.#fail(error))
      .then(() => this.#leave(slot));
    this.#workers.set(slot, working);
  }

  /** Gives a slot that is over back, so that it can be taken again, here or elsewhere. */
  async #leave(slot: Slot): Promise<void> {
    if (this.#isEnding) return;
    await this.#parts.store.release(this.#process, [slot.slot]).catch(() => {});
    this.#workers.delete(slot);
    this.#toAttend.poke();
  }

  #noteProgress(): void {
    this.#progress += 1;
    if (this.#waitsForRoom || this.#parts.mode === "catchUp") this.#toRead.poke();
  }

  async #readLoop(): Promise<void> {
    const { limiter, mode } = this.#parts;
    let isWoken = false;
    while (!this.#isEnding) {
      const progress = this.#progress;
      const began = performance.now();
      const outcome = await this.#repeated(() => limiter.run(() => this.#readOnce()));
      if (outcome === "read" || outcome === "all") this.#poll.reset();
      if (outcome === "read" || (outcome === "all" && mode === "catchUp")) continue;
      if (outcome === "nothing" && (await this.#isAllHandled(progress))) return this.#end();
      // Who waits for room has not looked, and goes on as soon as there is some; polls are rare by themselves.
      const lookMs = outcome === "full" || !isWoken ? 0 : performance.now() - began;
      isWoken = await this.#untilMore(progress, this.#poll.gapAfter(lookMs));
    }
  }

  /**
   * Waits until there may be more: something was committed, a slot has room, or it is time to look.
   *
   * @returns whether it was woken up before it was time.
   */
  async #untilMore(progress: number, gapMs: number): Promise<boolean> {
    const looked = performance.now();
    this.#waitsForRoom = this.#intake.isFull(this.#slots);
    const hasRoomMeanwhile = this.#waitsForRoom && progress !== this.#progress;
    // Who waits by the consumer's clock has nothing left to do, which is what tests with a clock rely on.
    const isAtWork = this.#slots.some((slot) => slot.isInHand || slot.waiting > 0);
    const clock = isAtWork ? systemClock : this.#parts.engine.clock;
    const isWoken = hasRoomMeanwhile || (await this.#toRead.wait(this.#poll.next(), clock));
    this.#waitsForRoom = false;
    const early = gapMs - (performance.now() - looked);
    if (early > 0) await systemClock.sleep(early, this.#ending.signal);
    for (const slot of this.#slots) slot.isDry = false;
    return isWoken;
  }

  async #isAllHandled(progress: number): Promise<boolean> {
    if (this.#parts.mode === "run" || progress !== this.#progress) return false;
    const isReached = () => this.#caughtUp.isReached(this.#slots, this.#standing);
    return (await this.#repeated(isReached)) === true;
  }

  /** Somebody decided something by hand, about dead letters or about pauses. */
  #noteVersion(version: number): void {
    const before = this.#version;
    this.#version = version;
    // Also the first time: slots may have read their trouble before what this version stands for.
    if (before === version) return;
    for (const slot of this.#slots) slot.reloadTrouble();
    this.#toAttend.poke();
  }

  async #readOnce(): Promise<Reading> {
    try {
      return await this.#intake.read(this.#slots, this.#standing?.slots ?? 1, (version) =>
        this.#noteVersion(version),
      );
    } catch (error) {
      // It may be the first sign that the server is another one than before.
      for (const slot of this.#slots) slot.forget();
      throw error;
    }
  }

  /** Waits for work that ends when the run does, but not for what hangs then. */
  async #endOf(work: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const ended = work.then(() => over.abort());
    await untilAborted(AbortSignal.any([over.signal, this.#ending.signal]));
    await systemClock.sleep(this.#parts.engine.stopTimeoutMs, over.signal);
    if (over.signal.aborted) await ended;
  }

  /** Lets workers finish what they have in hand, as long as they may, and gives the leases back. */
  async #finish(): Promise<void> {
    const { engine, store } = this.#parts;
    this.#end();
    const finished = new AbortController();
    const all = Promise.all(this.#workers.values()).then(() => finished.abort());
    await systemClock.sleep(engine.stopTimeoutMs, finished.signal);
    if (!finished.signal.aborted) {
      this.#givingUp.abort();
      await systemClock.sleep(GIVE_UP_MS, finished.signal);
    }
    if (finished.signal.aborted) await all;
    const released = new AbortController();
    void store.release(this.#process).then(
      () => released.abort(),
      () => released.abort(),
    );
    await systemClock.sleep(GIVE_UP_MS, released.signal);
  }

  /** Repeats what fails in passing, with growing pauses. What fails for good ends the run. */
  #repeated<Result>(
    work: () => Promise<Result>,
    stop = this.#ending.signal,
  ): Promise<Result | undefined> {
    const { engine, store } = this.#parts;
    return repeatPassing(work, { clock: engine.clock, store, stop });
  }
}
