import { ConsumerStartError } from "../errors/consume-errors.ts";
import type { ConsumerPlan, StartPlace } from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { MemoryConsumer } from "./memory-consumer.ts";
import type { MemoryConsumers } from "./memory-consumers.ts";

export interface Places {
  readonly log: readonly (TopicEvent | undefined)[];
  readonly consumers: MemoryConsumers;
}

interface Follower {
  readonly name: string;
  /** The names of the topics that it follows. */
  readonly topics: readonly string[];
}

/** The position of a place. Everything in memory is settled. */
export const memoryPlace = (
  { name, topics }: Follower,
  place: StartPlace,
  { log, consumers }: Places,
): number => {
  if (place === "beginning") return 0;
  if (place === "now") return log.length;
  if ("time" in place) {
    const at = log.findIndex(
      (event) => event && topics.includes(event.topic) && event.recordedAt >= place.time,
    );
    return at === -1 ? log.length : at;
  }
  if ("position" in place) {
    if (place.position <= log.length) return place.position;
    throw beyond(name, place.position, log.length);
  }
  const other = otherOf(name, place.consumer, consumers);
  return Math.min(...other.slots.map(({ position }) => position), other.letters.heldFrom);
};

const beyond = (consumer: string, position: number, last: number): ConsumerStartError =>
  new ConsumerStartError({
    consumer,
    problem: `position ${position} was not given out yet: the last one is ${last}`,
    hint: "Beyond the last one, events to come would be passed over.",
  });

const otherOf = (name: string, other: string, consumers: MemoryConsumers): MemoryConsumer => {
  const found = consumers.get(other);
  if (found !== undefined) return found;
  throw new ConsumerStartError({
    consumer: name,
    problem: `there is no consumer "${other}" to start beside`,
    hint: "Correct its name.",
  });
};

/** The consumer that a new one starts beside, if it says so. */
export const besideOther = (
  { name, topics, start }: ConsumerPlan,
  consumers: MemoryConsumers,
): MemoryConsumer | undefined => {
  if (typeof start !== "object" || !("consumer" in start)) return undefined;
  const other = otherOf(name, start.consumer, consumers);
  const followed = other.topics.split(", ");
  const missing = topics.find(({ plan }) => !followed.includes(plan.name));
  if (missing === undefined) return other;
  throw new ConsumerStartError({
    consumer: name,
    problem: `"${start.consumer}" does not follow ${missing.plan.name}, so its checkpoint says nothing of it`,
    hint: "Start from a position or a time.",
  });
};
