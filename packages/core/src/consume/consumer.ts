import { model as modelKey } from "../define/entity-definition.ts";
import type { Store } from "../port/store.ts";
import { consumerOpener } from "../seal/consumer-opener.ts";
import type { ConsumerOptions, Delivery } from "./consumer-options.ts";
import { ConsumerRun } from "./consumer-run.ts";
import type { Topics } from "./handler.ts";
import { Limiter } from "./limiter.ts";
import { consumerEngine, type UntypedOptions } from "./untyped-options.ts";
import { type WaitOptions, type WaitTarget, waitForConsumer } from "./wait-for.ts";

export interface Consumer {
  readonly name: string;

  /**
   * Follows the topics until the signal is aborted; then finishes the batch in hand, or gives it up after
   * `stopTimeoutMs`, and returns. Any number of processes may run the same consumer: they share its slots.
   *
   * @throws HandlerFailedError when a handler throws: nothing of its batch is kept, and the next run
   * begins with the same event. Transient database failures and lost races are repeated instead.
   * @throws StoredEventError, ConsumerChangedError, PositionSequenceBehindError
   */
  run(options: { readonly signal: AbortSignal }): Promise<void>;

  /**
   * Handles everything that is settled, waiting for what other processes have in hand, and returns the
   * position up to which everything is handled. For tests and scripts.
   *
   * @throws as `run` does
   */
  catchUp(options?: { readonly signal?: AbortSignal }): Promise<number>;

  /**
   * Waits until the consumer, in whatever process it runs, has handled an entity up to its version, or
   * everything up to a position: for reading what it writes.
   *
   * @throws WaitTimeoutError when that takes too long, which says what the consumer is doing.
   */
  waitFor(target: WaitTarget, options?: WaitOptions): Promise<void>;

  /** Runs within the bounds that several consumers share; see `runConsumers`. */
  readonly [runWithin]: (signal: AbortSignal, limiter: Limiter) => Promise<void>;
}

export const runWithin: unique symbol = Symbol("annals.runWithin");

/** Handlers and reads of one consumer at a time, in one process. */
const CONCURRENCY = 4;

/** Opens a consumer over a store. Nothing happens until it runs. */
export const createStoreConsumer = <
  const Followed extends Topics,
  Tx,
  Mode extends Delivery = "exactly-once",
>(
  store: Pick<Store<Tx>, "consumer" | "consumers" | "subjects">,
  options: ConsumerOptions<Followed, Tx, Mode>,
): Consumer => {
  const engine = consumerEngine(options as unknown as UntypedOptions);
  const models = options.topics.map((topic) => topic[modelKey]);
  const opener = consumerOpener(models, store, options);
  const open = () => opener(store.consumer(engine.plan));
  // What a run has seen of the topics is its own: two at once must not mix what they know.
  const start = (signal: AbortSignal, limiter: Limiter, mode: "run" | "catchUp") =>
    new ConsumerRun({ engine, store: open(), limiter, signal, mode }).toEnd();

  const within = async (signal: AbortSignal, limiter: Limiter): Promise<void> => {
    await start(signal, limiter, "run");
  };
  return Object.freeze({
    name: engine.plan.name,
    run: ({ signal }) => within(signal, new Limiter(CONCURRENCY)),
    catchUp: ({ signal = new AbortController().signal } = {}) =>
      start(signal, new Limiter(CONCURRENCY), "catchUp"),
    waitFor: (target, options) =>
      waitForConsumer(store.consumers(), engine.plan.name, target, options),
    [runWithin]: within,
  } satisfies Consumer);
};
