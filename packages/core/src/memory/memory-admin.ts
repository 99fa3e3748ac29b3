import type { ConsumerAdmin, DeadLetter, DeadLetterFilter } from "../port/consumer-admin.ts";
import type { DeadLetterStatus } from "../port/dead-letters.ts";
import type { MemoryConsumer } from "./memory-consumer.ts";
import type { MemoryLetter } from "./memory-letters.ts";

/** About these, something is still to happen or to be decided. */
const OPEN: readonly DeadLetterStatus[] = ["retrying", "waiting", "dead", "redrive"];

export const memoryAdmin = (consumers: ReadonlyMap<string, MemoryConsumer>): ConsumerAdmin => {
  const found = ({ consumer, status = OPEN, positions, keys }: DeadLetterFilter): MemoryLetter[] =>
    [...(consumers.get(consumer)?.letters.letters.values() ?? [])]
      .filter((letter) => status.includes(letter.status))
      .filter(({ event }) => positions?.includes(event.position) ?? true)
      .filter(({ event }) => keys?.includes(event.id) ?? true)
      .toSorted((one, other) => one.event.position - other.event.position);
  const decide = (
    filter: DeadLetterFilter,
    status: DeadLetterStatus,
    reason: string | null,
  ): number => {
    const letters = found({ ...filter, status: filter.status ?? OPEN });
    for (const { event } of letters) {
      consumers.get(filter.consumer)?.letters.decide(event.position, status, reason);
    }
    return letters.length;
  };
  return {
    deadLetters: async ({ first = 100, after = 0, ...filter }) =>
      found(filter)
        .filter(({ event }) => event.position > after)
        .slice(0, first)
        .map((letter) => toDeadLetter(filter.consumer, letter)),
    redrive: async (filter) => decide(filter, "redrive", null),
    discard: async ({ reason, ...filter }) => decide(filter, "discarded", reason),
  };
};

const toDeadLetter = (consumer: string, letter: MemoryLetter): DeadLetter => {
  const { event, status, attempts, error, dueAt, reason, firstFailedAt, lastFailedAt } = letter;
  return {
    consumer,
    topic: event.topic,
    key: event.id,
    sequence: event.sequence,
    position: event.position,
    eventType: String(event.body.type),
    status,
    attempts,
    error,
    firstFailedAt,
    lastFailedAt,
    retryAt: dueAt === null ? null : new Date(Date.now() + dueAt - performance.now()),
    reason,
  };
};
