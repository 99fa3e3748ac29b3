import type { PublishedPlan } from "../define/published-plan.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { MemoryConsumer } from "./memory-consumer.ts";
import type { MemoryLog } from "./memory-log.ts";
import { MemoryTopic } from "./memory-topic.ts";
import type { MemoryChanges } from "./memory-transaction.ts";

/** The topics of their own that a store has. */
export class MemoryTopics {
  readonly #topics = new Map<
    string,
    { readonly plan: PublishedPlan; readonly topic: MemoryTopic }
  >();
  readonly #log: MemoryLog;
  readonly #consumers: ReadonlyMap<string, MemoryConsumer>;

  constructor(log: MemoryLog, consumers: ReadonlyMap<string, MemoryConsumer>) {
    this.#log = log;
    this.#consumers = consumers;
  }

  /** @throws InvalidDefinitionError when another definition has the table already. */
  open(plan: PublishedPlan, isTaken: (eventsTable: string) => boolean): MemoryTopic {
    const known = this.#topics.get(plan.name);
    if (known?.plan === plan) return known.topic;
    if (known !== undefined || isTaken(plan.eventsTable)) {
      throw new InvalidDefinitionError(
        plan.name,
        `another definition in this store uses the table "${plan.eventsTable}"`,
        "Define each entity and topic once, under a name of its own, and share the definition.",
      );
    }
    const topic = new MemoryTopic(plan, this.#log, (name) => this.#checkpoints(name));
    this.#topics.set(plan.name, { plan, topic });
    return topic;
  }

  #checkpoints(topic: string) {
    return [...this.#consumers]
      .filter(([, { topics }]) => topics.split(", ").includes(topic))
      .map(([consumer, { slots }]) => ({
        consumer,
        position: Math.min(...slots.map(({ position }) => position)),
      }));
  }
}

/** Refuses what other transactions published meanwhile. */
export const checkPublications = ({ publications }: MemoryChanges): void => {
  for (const publication of publications) publication.topic.check(publication);
};

/** Applies what a transaction published after so many writes. */
export const applyPublications = ({ publications }: MemoryChanges, writes: number): void => {
  for (const publication of publications) {
    if (publication.after === writes) publication.topic.apply(publication);
  }
};
