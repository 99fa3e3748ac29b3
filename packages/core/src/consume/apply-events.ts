import type { ConsumerPlan } from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
import { consumerEngine, type UntypedOptions } from "./untyped-options.ts";

/** Hands stored events to a consumer's handlers outside of a run, in one transaction of the caller's. */
export interface EventApplier {
  readonly plan: ConsumerPlan;
  /**
   * All of them in their order, or, when a handler throws, none that the caller does not commit.
   *
   * @param failed the error to throw in place of what a handler threw.
   * @throws StoredEventError
   */
  apply(
    events: readonly TopicEvent[],
    tx: object,
    failed: (first: TopicEvent, cause: unknown) => Error,
  ): Promise<void>;
}

/** @throws InvalidDefinitionError */
export const eventApplier = (options: object): EventApplier => {
  const engine = consumerEngine(options as UntypedOptions);
  const { plan, topics, handling, scope } = engine;
  const delivered = (tx: object) => ({ attempt: 1, tx, signal: new AbortController().signal });

  const applyEach = async (stored: TopicEvent, tx: object): Promise<void> => {
    if (handling.kind !== "each") return;
    for (const { event, meta } of topics.decode(stored)) {
      const handler = handling.handler(stored.topic, event.type);
      await scope(stored, () => handler?.(event, { ...meta, ...delivered(tx) }));
    }
  };

  const applyBatch = async (events: readonly TopicEvent[], tx: object): Promise<void> => {
    if (handling.kind !== "batch") return;
    const list = events.flatMap((stored) =>
      topics.decode(stored).map(({ event, meta }) => {
        return { topic: stored.topic, event, meta: { ...meta, ...delivered(tx) } };
      }),
    );
    if (list.length === 0) return;
    await scope(events.at(-1) as TopicEvent, () => handling.handle(list, delivered(tx)));
  };

  const passedOver = new Set(
    plan.topics.flatMap((topic) => topic.passedOver.map((type) => `${topic.plan.name}:${type}`)),
  );
  const keys = plan.keys && new Set(plan.keys);
  const isRead = ({ topic, id, body }: TopicEvent): boolean =>
    !passedOver.has(`${topic}:${body.type}`) && (keys?.has(id) ?? true);

  return {
    plan,
    apply: async (events, tx, failed) => {
      const read = events.filter(isRead);
      const [first] = read;
      if (first === undefined) return;
      let at = first;
      try {
        if (handling.kind === "each") for (at of read) await applyEach(at, tx);
        else {
          for (let from = 0; from < read.length; from += engine.batchSize) {
            at = read[from] ?? first;
            await applyBatch(read.slice(from, from + engine.batchSize), tx);
          }
        }
      } catch (cause) {
        throw failed(at, cause);
      }
    },
  };
};
