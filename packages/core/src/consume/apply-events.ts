import { HandlerFailedError } from "../errors/consume-errors.ts";
import type { ConsumerPlan } from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
import { Answered, DeliveryProgress, deliver } from "./deliver.ts";
import { consumerEngine, type UntypedOptions } from "./untyped-options.ts";

/** Hands stored events to a consumer's handlers outside of a run, in a transaction of the caller's. */
export interface EventApplier {
  readonly plan: ConsumerPlan;
  /** How many events are best handed over at a time. */
  readonly size: number;
  /**
   * All of them in their order. What it throws leaves some of them undone.
   *
   * @throws HandlerFailedError, StoredEventError
   */
  apply(events: readonly TopicEvent[], tx: object): Promise<void>;
}

/** Handlers that are called one by one leave the choice to the caller: fine steps keep to a time. */
const SIZE_OF_SINGLES = 20;

/** @throws InvalidDefinitionError */
export const eventApplier = (options: object): EventApplier => {
  const engine = consumerEngine(options as UntypedOptions);
  const { plan, handling, batchSize } = engine;
  const isBatch = handling.kind === "batch";
  const passedOver = new Set(
    plan.topics.flatMap((topic) => topic.passedOver.map((type) => `${topic.plan.name}:${type}`)),
  );
  const keys = plan.keys && new Set(plan.keys);
  const isRead = ({ topic, id, body }: TopicEvent): boolean =>
    !passedOver.has(`${topic}:${body.type}`) && (keys?.has(id) ?? true);

  const applyPart = async (events: readonly TopicEvent[], tx: object): Promise<void> => {
    const progress = new DeliveryProgress();
    const { signal } = new AbortController();
    try {
      await deliver(engine, events, { attempt: 1, tx, signal }, progress);
    } catch (cause) {
      if (!(cause instanceof Answered)) throw cause;
      const { topic, id, sequence, position } = progress.at ?? (events[0] as TopicEvent);
      const at = { consumer: plan.name, topic, id, sequence, position };
      throw new HandlerFailedError(at, {
        cause: new TypeError(`${cause.message} outside of a run`),
      });
    }
  };

  return {
    plan,
    size: isBatch ? batchSize : SIZE_OF_SINGLES,
    apply: async (events, tx) => {
      const read = events.filter(isRead);
      const size = isBatch ? batchSize : read.length;
      for (let from = 0; from < read.length; from += size) {
        await applyPart(read.slice(from, from + size), tx);
      }
    },
  };
};
