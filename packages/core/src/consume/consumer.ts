import type { AnyTopic, TopicModel } from "../define/any-topic.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import { AnnalsError } from "../errors/annals-error.ts";
import { HandlerFailedError } from "../errors/consume-errors.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { type Clock, systemClock } from "../port/clock.ts";
import type { ContextScope } from "../port/context.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { ConsumerStore, Store } from "../port/store.ts";
import { decodeTopicEvent } from "../read/decode-topic-event.ts";
import { Backoff } from "./backoff.ts";
import { eventMeta } from "./event-meta.ts";
import type { Handlers } from "./handler.ts";
import { type HandlerScope, handlerScope } from "./handler-scope.ts";

export interface ConsumerOptions<Topic extends AnyTopic, Tx> {
  /** The consumer's name, under which its checkpoint is kept. Never change it. */
  readonly name: string;
  /** The entity, or the topic of its own, whose events it follows, from the first event there is. */
  readonly topics: readonly [Topic];
  /** A handler for each event type that matters. */
  readonly on: Handlers<Topic, Tx>;
  /** How many events one transaction handles at most. Default is 100. */
  readonly batchSize?: number;
  /** The longest wait between two looks for new events, in milliseconds. Default is 200. */
  readonly pollIntervalMs?: number;
  /** What pauses wait for. Default is the process's clock. */
  readonly clock?: Clock;
  /**
   * The context that handlers run in, as the repositories have it: events that a handler stores say by
   * their `causationId` which event caused them, and inherit its `correlationId`. Default is none.
   */
  readonly context?: ContextScope;
}

export interface Consumer {
  /**
   * Follows the topic until the signal is aborted; then finishes the batch in hand and returns.
   *
   * What handlers write through `tx` happens exactly once; other effects at least once.
   *
   * @throws HandlerFailedError when a handler throws: nothing of its batch is kept, and the next run
   * begins with the same event. Transient database failures and lost races are repeated instead.
   * @throws StoredEventError, ConsumerChangedError, PositionSequenceBehindError
   */
  run(options: { readonly signal: AbortSignal }): Promise<void>;

  /**
   * Handles everything that is settled and returns the position it came to. For tests and scripts.
   *
   * @throws as `run` does
   */
  catchUp(options?: { readonly signal?: AbortSignal }): Promise<number>;
}

const POLL_FIRST_MS = 5;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5_000;

/** Opens a consumer over a store. Nothing happens until it runs. */
export const createStoreConsumer = <Topic extends AnyTopic, Tx>(
  store: Pick<Store<Tx>, "consumer">,
  options: ConsumerOptions<Topic, Tx>,
): Consumer => {
  const model = options.topics[0][modelKey];
  const { batchSize = 100, pollIntervalMs = 200, clock = systemClock } = options;
  checkOptions(options.name, model, options.on, batchSize, pollIntervalMs);
  const handlers = new Map(Object.entries(options.on)) as UntypedHandlers;
  const scope = handlerScope(options.context);

  // What a run has seen of the topic is its own: two at once must not mix what they know.
  const start = (signal: AbortSignal): Follower<Tx> => {
    const topics = store.consumer(options.name, [model.plan]);
    const { name } = options;
    return new Follower({ name, model, handlers, scope, topics, batchSize, clock, signal });
  };

  return Object.freeze({
    run: async ({ signal }) => {
      const follower = start(signal);
      const idle = new Backoff(clock, POLL_FIRST_MS, pollIntervalMs);
      while (!signal.aborted) {
        if ((await follower.step()) === "handled") idle.reset();
        else await idle.wait(signal);
      }
    },
    catchUp: async ({ signal = new AbortController().signal } = {}) => {
      const follower = start(signal);
      const busy = new Backoff(clock, POLL_FIRST_MS, pollIntervalMs);
      while (!signal.aborted) {
        const step = await follower.step();
        if (step === "nothing") break;
        if (step === "busy") await busy.wait(signal);
      }
      return follower.position;
    },
  } satisfies Consumer);
};

type UntypedHandlers = ReadonlyMap<
  string,
  (event: object, meta: Record<string, unknown>) => void | Promise<void>
>;

interface FollowerParts<Tx> {
  readonly name: string;
  readonly model: TopicModel;
  readonly handlers: UntypedHandlers;
  readonly scope: HandlerScope;
  readonly topics: ConsumerStore<Tx>;
  readonly batchSize: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What a step came to. `busy` says that another process of the consumer is at work. */
type Step = "handled" | "busy" | "nothing";

/** One run of a consumer: where it is, and how it goes on after a failure. */
class Follower<Tx> {
  readonly #parts: FollowerParts<Tx>;
  readonly #failures: Backoff;
  /** The checkpoint as it was last seen; `undefined` when it has to be read (again). */
  #checkpoint: number | undefined;
  #attempt = 1;

  constructor(parts: FollowerParts<Tx>) {
    this.#parts = parts;
    this.#failures = new Backoff(parts.clock, RETRY_FIRST_MS, RETRY_MAX_MS);
  }

  get position(): number {
    return this.#checkpoint ?? 0;
  }

  /** Handles the next batch. A passing failure counts as handled: the next step tries again. */
  async step(): Promise<Step> {
    try {
      const step = await this.#handleNext();
      this.#failures.reset();
      this.#attempt = 1;
      return step;
    } catch (error) {
      if (!isPassing(error, this.#parts.topics)) throw error;
      this.#checkpoint = undefined;
      this.#attempt += 1;
      await this.#failures.wait(this.#parts.signal);
      return "handled";
    }
  }

  async #handleNext(): Promise<Step> {
    const { topics, batchSize } = this.#parts;
    this.#checkpoint ??= await topics.open();
    const events = await topics.read(this.#checkpoint, batchSize);
    const last = events.at(-1);
    if (last === undefined) return "nothing";
    const before = this.#checkpoint;
    // Another process of this consumer may have moved the checkpoint, or be about to.
    this.#checkpoint = await topics.advance(before, last.position, async (tx) => {
      for (const event of events) await this.#handle(event, tx);
    });
    return this.#checkpoint === before ? "busy" : "handled";
  }

  async #handle(stored: TopicEvent, tx: Tx): Promise<void> {
    const { name, model, handlers, scope, signal } = this.#parts;
    const { topic, id, sequence, position, body } = stored;
    const handler = handlers.get(String(body.type));
    if (handler === undefined && model.events.has(String(body.type))) return;
    const event = decodeTopicEvent(model, stored);
    const meta = eventMeta(model.plan, stored);
    try {
      if (handler === undefined) return;
      await scope(stored, () => handler(event, { ...meta, tx, signal, attempt: this.#attempt }));
    } catch (cause) {
      throw new HandlerFailedError({ consumer: name, topic, id, sequence, position }, { cause });
    }
  }
}

/** Whether the same batch may succeed later. Our own errors are looked through to what they wrap. */
const isPassing = <Tx>(error: unknown, topics: ConsumerStore<Tx>): boolean => {
  if (topics.isTransient(error)) return true;
  return error instanceof AnnalsError && (error.retryable || isPassing(error.cause, topics));
};

const checkOptions = (
  name: string,
  model: TopicModel,
  on: object,
  batchSize: number,
  pollIntervalMs: number,
): void => {
  const invalid = (problem: string, hint: string): never => {
    throw new InvalidDefinitionError(name, problem, hint);
  };
  if (!/^[A-Za-z][A-Za-z0-9_.:-]{0,199}$/.test(name)) {
    invalid("the consumer's name is not usable", "Use up to 200 letters, digits and _ . : -");
  }
  const unknown = Object.keys(on).find((type) => !model.events.has(type));
  if (unknown !== undefined) {
    invalid(
      `"${unknown}" is no event of ${model.plan.name}`,
      `Its events are ${model.plan.eventTypes.join(", ")}.`,
    );
  }
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 10_000) {
    invalid("batchSize is not a whole number from 1 to 10,000", "Leave it out for 100.");
  }
  if (!(pollIntervalMs >= 1 && pollIntervalMs <= 60_000)) {
    invalid("pollIntervalMs is not a number from 1 to 60,000", "Leave it out for 200.");
  }
};
