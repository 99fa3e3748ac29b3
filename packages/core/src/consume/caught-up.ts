import type { ConsumerStore, Standing } from "../port/consumer-store.ts";
import { HeldKeys } from "./held-keys.ts";
import type { Slot } from "./slot.ts";
import type { ConsumerEngine } from "./untyped-options.ts";

/** Knows whether everything that was settled is handled, here and in the slots that others have. */
export class CaughtUp {
  readonly #engine: Pick<ConsumerEngine, "topics">;
  readonly #store: Pick<ConsumerStore<never>, "settled" | "progress" | "trouble">;
  /** A position that was settled, which the slots of others have to come to. */
  #target: number | undefined;

  constructor(
    engine: Pick<ConsumerEngine, "topics">,
    store: Pick<ConsumerStore<never>, "settled" | "progress" | "trouble">,
  ) {
    this.#engine = engine;
    this.#store = store;
  }

  async isReached(slots: readonly Slot[], standing: Standing | undefined): Promise<boolean> {
    if (standing === undefined || standing.drainTo !== undefined) return false;
    if (slots.some((slot) => !slot.isIdle || !slot.isDry || slot.isOver)) return false;
    if (slots.length === standing.slots) return true;
    const ours = slots.map(({ slot }) => slot);
    this.#target ??= await this.#store.settled();
    if ((await this.#store.progress(ours)) < this.#target) return false;
    return !(await this.#isTriedAgain(ours, standing.slots));
  }

  /** Whether something behind the checkpoints of other slots will still be tried again. */
  async #isTriedAgain(ours: readonly number[], of: number): Promise<boolean> {
    const slots = Array.from({ length: of }, (_, slot) => slot).filter((n) => !ours.includes(n));
    const held = new HeldKeys(this.#engine.topics, 1);
    held.load(await this.#store.trouble({ slots, of }));
    return held.isAwaited;
  }
}
