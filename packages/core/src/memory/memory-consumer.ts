import type { TopicPlan } from "../define/topic-plan.ts";
import { ConsumerChangedError } from "../errors/consume-errors.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { ConsumerStore } from "../port/store.ts";
import type { MemoryTransaction } from "./memory-transaction.ts";

/** One consumer as the in-memory store keeps it. */
export interface MemoryConsumer {
  readonly topics: string;
  checkpoint: number;
  /** Ends when the batch in hand does, so that consumers of one name take turns. */
  turn: Promise<unknown>;
}

/** What a consumer needs of its store. */
interface Follows {
  readonly log: readonly TopicEvent[];
  readonly consumers: Map<string, MemoryConsumer>;
  transaction(work: (tx: MemoryTransaction) => Promise<void>): Promise<void>;
}

export const memoryConsumer = (
  name: string,
  plans: readonly TopicPlan[],
  { log, consumers, transaction }: Follows,
): ConsumerStore<MemoryTransaction> => {
  const declared = plans.map((plan) => plan.name);
  const topics = declared.join(", ");
  return {
    open: async () => {
      const fresh = { topics, checkpoint: 0, turn: Promise.resolve() };
      const known = consumers.get(name) ?? fresh;
      if (known.topics !== topics) {
        throw new ConsumerChangedError({ consumer: name, registered: [known.topics], declared });
      }
      consumers.set(name, known);
      return known.checkpoint;
    },
    read: async (after, limit) =>
      log
        .filter(({ position, topic }) => position > after && declared.includes(topic))
        .slice(0, limit),
    advance: async (from, to, effects) => {
      const consumer = consumers.get(name);
      if (consumer === undefined) return 0;
      const turn = consumer.turn.then(async () => {
        if (consumer.checkpoint === from) {
          await transaction(effects);
          consumer.checkpoint = to;
        }
        return consumer.checkpoint;
      });
      consumer.turn = turn.catch(() => {});
      return turn;
    },
    // Nothing in memory comes and goes.
    isTransient: () => false,
  };
};
