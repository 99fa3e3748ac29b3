import { model as modelKey } from "../define/entity-definition.ts";
import type { ConsumerStore, SettledPlace, StartPlace } from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { Store } from "../port/store.ts";
import { consumerOpener } from "../seal/consumer-opener.ts";
import type { ConsumerSettings } from "./consumer-options.ts";
import { Answered, DeliveryProgress, deliver } from "./deliver.ts";
import type { Handling, Topics } from "./handler.ts";
import { repeatPassing } from "./repeat-passing.ts";
import { type ConsumerEngine, consumerEngine, type UntypedOptions } from "./untyped-options.ts";

export interface ReplaySettings<Followed extends Topics>
  extends Pick<
    ConsumerSettings<Followed, "at-least-once">,
    "topics" | "only" | "batchSize" | "timeoutMs" | "context" | "instrument" | "clock" | "keys"
  > {
  /** What it is called in errors and telemetry. Default is `"replay"`. */
  readonly name?: string;
  /** Where it begins. Default is `"beginning"`. */
  readonly from?: StartPlace;
  /**
   * Where it ends: `{ position }` is the last one that is handled, and `{ time }` ends right before the first
   * event recorded at or after it. Default is `"now"`: what is recorded when it begins.
   */
  readonly to?: StartPlace;
  /** Ends it before its end, after the events in hand. */
  readonly signal?: AbortSignal;
}

/** What is replayed, and the handlers: those of a consumer, without `tx`. */
export type ReplayOptions<Followed extends Topics> = ReplaySettings<Followed> &
  Handling<Followed, undefined>;

export interface ReplayResult {
  /** Everything of the range up to here was handled. */
  readonly position: number;
  /** How many stored events were handled. */
  readonly events: number;
}

/**
 * Hands a range of events to handlers, in the order of their positions, beside whatever consumers do: no
 * checkpoint is read or moved, nothing is remembered. What was stored in older versions comes in the newest.
 * Batches are read one after another, so that memory stays bounded.
 *
 * @throws HandlerFailedError when a handler throws: `from: { position: error.position - 1 }` goes on with
 * that event.
 * @throws StoredEventError, ConsumerStartError, KeysRequiredError
 */
export const replayStore = <const Followed extends Topics, Tx>(
  store: Pick<Store<Tx>, "consumer" | "subjects">,
  options: ReplayOptions<Followed>,
): Promise<ReplayResult> => {
  const { name = "replay", from = "beginning", to = "now" } = options;
  const { signal = new AbortController().signal } = options;
  const checked = (start: StartPlace): ConsumerEngine =>
    consumerEngine({ ...options, name, start } as unknown as UntypedOptions);
  checked(to);
  const engine = checked(from);
  const models = options.topics.map((topic) => topic[modelKey]);
  const opener = consumerOpener(models, store, options);
  return new ReplayRun(engine, opener(store.consumer(engine.plan)), signal).toEnd(from, to);
};

/** Events that are handled one by one are read many at a time. */
const READ_MIN = 500;

class ReplayRun<Tx> {
  readonly #engine: ConsumerEngine;
  readonly #store: ConsumerStore<Tx>;
  readonly #signal: AbortSignal;
  #position = 0;
  #events = 0;
  #isStopped = false;

  constructor(engine: ConsumerEngine, store: ConsumerStore<Tx>, signal: AbortSignal) {
    this.#engine = engine;
    this.#store = store;
    this.#signal = signal;
  }

  async toEnd(from: StartPlace, to: StartPlace): Promise<ReplayResult> {
    const first = await this.#repeated(() => this.#store.place(from));
    this.#position = first?.position ?? 0;
    let end = await this.#repeated(() => this.#store.place(to));
    while (end !== undefined && this.#position < end.position && !this.#isOver) {
      end = await this.#next(end);
    }
    return { position: this.#position, events: this.#events };
  }

  get #isOver(): boolean {
    return this.#isStopped || this.#signal.aborted;
  }

  /** Handles what comes next, and returns the end, which is nearer after a restart of the store. */
  async #next(end: SettledPlace): Promise<SettledPlace | undefined> {
    const { batchSize, handling } = this.#engine;
    const limit = handling.kind === "batch" ? batchSize : Math.max(batchSize, READ_MIN);
    const read = await this.#repeated(async () => {
      const bounds = { after: this.#position, upTo: end.position, limit };
      const found = await this.#store.read({ ...bounds, for: { slots: [0], of: 1 } });
      // What means nothing any more must not be taken for nothing being there.
      const isTrue = found.events.length > 0 || (await this.#store.lives(end.life));
      return { ...found, isTrue: isTrue && found.life === end.life };
    });
    if (read === undefined) return undefined;
    if (!read.isTrue) return this.#afterRestart(end);
    if (await this.#handle(read.events)) this.#position = read.upTo;
    return end;
  }

  async #afterRestart(end: SettledPlace): Promise<SettledPlace | undefined> {
    const now = await this.#repeated(() => this.#store.place("now"));
    return now && { ...now, position: Math.min(now.position, end.position) };
  }

  /** @returns false when a handler answered that it wants to go on later, or not any more. */
  async #handle(events: readonly TopicEvent[]): Promise<boolean> {
    const progress = new DeliveryProgress();
    const delivered = { attempt: 1, tx: undefined, signal: this.#signal };
    try {
      await deliver(this.#engine, events, delivered, progress);
      this.#events += events.length;
      return true;
    } catch (error) {
      if (!(error instanceof Answered)) throw error;
      this.#events += progress.handled;
      if (progress.at !== undefined) this.#position = progress.at.position - 1;
      if (error.answer.kind === "later") {
        await this.#engine.clock.sleep(error.answer.ms, this.#signal);
      } else {
        this.#isStopped = true;
      }
      return false;
    }
  }

  #repeated<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    const { clock } = this.#engine;
    return repeatPassing(work, { clock, store: this.#store, stop: this.#signal });
  }
}
