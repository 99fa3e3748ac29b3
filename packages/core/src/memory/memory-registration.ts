import { ConsumerChangedError, ConsumerRenamedError } from "../errors/consume-errors.ts";
import type { ConsumerPlan } from "../port/consumer-store.ts";
import type { MemoryConsumer, MemorySlot } from "./memory-consumer.ts";
import { MemoryLetters } from "./memory-letters.ts";
import { besideOther, memoryPlace, type Places } from "./memory-place.ts";

export const newSlots = (count: number, position: number, epoch: number): MemorySlot[] =>
  Array.from({ length: count }, () => ({
    owner: undefined,
    leasedUntil: 0,
    epoch,
    position,
    moves: 0,
    pausedBecause: undefined,
  }));

/** A consumer at its start. */
export const newConsumer = (
  plan: ConsumerPlan,
  places: Places,
  reads: MemoryConsumer["reads"],
): MemoryConsumer => {
  const { name, slots: wanted, start } = plan;
  const renamedTo = places.consumers.renamed.get(name);
  if (renamedTo !== undefined) throw new ConsumerRenamedError({ consumer: name, renamedTo });
  const topics = topicNames(plan).join(", ");
  const letters = new MemoryLetters();
  const common = {
    ...{ topics, processes: new Map(), letters, pausedBecause: undefined },
    ...{ reads, watches: new Set<() => void>() },
  };
  const other = besideOther(plan, places.consumers);
  if (other === undefined) {
    const position = memoryPlace({ name, topics: topicNames(plan) }, start, places);
    return { ...common, slots: newSlots(wanted, position, 0), wanted };
  }
  letters.copy(other.letters);
  const slots = other.slots.flatMap(({ position }) => newSlots(1, position, 0));
  return { ...common, slots, wanted: Math.max(wanted, slots.length) };
};

/** @throws ConsumerChangedError when it may not change them. */
export const changeTopics = (known: MemoryConsumer, plan: ConsumerPlan): void => {
  const declared = topicNames(plan);
  if (!plan.changesTopics) {
    throw new ConsumerChangedError({ consumer: plan.name, registered: [known.topics], declared });
  }
  known.topics = declared.join(", ");
  known.letters.keepTopics(declared);
  known.letters.version += 1;
  for (const slot of known.slots) Object.assign(slot, { epoch: slot.epoch + 1, owner: undefined });
};

const topicNames = ({ topics }: ConsumerPlan): string[] => topics.map(({ plan }) => plan.name);
