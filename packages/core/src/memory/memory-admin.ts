import { ConsumerStartError } from "../errors/consume-errors.ts";
import type {
  ConsumerAdmin,
  ConsumerState,
  DeadLetter,
  DeadLetterFilter,
} from "../port/consumer-admin.ts";
import type { DeadLetterStatus } from "../port/dead-letters.ts";
import type { MemoryConsumer } from "./memory-consumer.ts";
import type { MemoryConsumers } from "./memory-consumers.ts";
import { memoryHasReached, memoryHealth } from "./memory-health.ts";
import type { MemoryLetter } from "./memory-letters.ts";
import type { MemoryLog } from "./memory-log.ts";
import { memoryPlace } from "./memory-place.ts";

interface Administered {
  readonly log: Pick<MemoryLog, "events">;
  readonly consumers: MemoryConsumers;
}

const nameTaken = (consumer: string, name: string): ConsumerStartError =>
  new ConsumerStartError({
    consumer,
    problem: `there is a consumer "${name}" already`,
    hint: "Choose another name.",
  });

/** About these, something is still to happen or to be decided. */
const OPEN: readonly DeadLetterStatus[] = ["retrying", "waiting", "dead", "redrive"];

export const memoryAdmin = ({ log, consumers }: Administered): ConsumerAdmin => {
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
  const withConsumer = (name: string, work: (consumer: MemoryConsumer) => unknown): boolean => {
    const consumer = consumers.get(name);
    if (consumer === undefined) return false;
    work(consumer);
    consumer.letters.version += 1;
    return true;
  };
  return {
    list: async () =>
      [...consumers]
        .map(([name, consumer]) => toConsumerState(name, consumer))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    health: async (only) =>
      [...consumers]
        .filter(([name]) => only === undefined || name === only)
        .map(([name, consumer]) => memoryHealth(name, consumer, log))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    hasReached: async (name, place) => {
      const consumer = consumers.get(name);
      return consumer && memoryHasReached(consumer, place, log);
    },
    watchProgress: (name, moved) => {
      const watches = consumers.get(name)?.watches;
      watches?.add(moved);
      return () => watches?.delete(moved);
    },
    pause: async (name, because) =>
      withConsumer(name, (consumer) => {
        consumer.pausedBecause = because;
      }),
    resume: async (name) =>
      withConsumer(name, (consumer) => {
        consumer.pausedBecause = undefined;
        for (const slot of consumer.slots) slot.pausedBecause = undefined;
      }),
    reset: async (name, to) =>
      withConsumer(name, (consumer) => {
        const follower = { name, topics: consumer.topics.split(", ") };
        const place = typeof to === "number" ? { position: to } : to;
        const position = memoryPlace(follower, place, { log: log.events, consumers });
        for (const slot of consumer.slots) {
          slot.position = position;
          slot.epoch += 1;
          slot.owner = undefined;
        }
        consumer.letters.reset();
      }),
    resize: async (name, slots) =>
      withConsumer(name, (consumer) => {
        consumer.wanted = slots;
      }),
    rename: async (name, to) =>
      withConsumer(name, () => {
        if (name !== to && consumers.has(to)) throw nameTaken(name, to);
        consumers.rename(name, to);
      }),
    remove: async (name) => {
      const isThere = consumers.has(name);
      consumers.remove(name);
      return isThere;
    },
    deadLetters: async ({ first = 100, after = 0, ...filter }) =>
      found(filter)
        .filter(({ event }) => event.position > after)
        .slice(0, first)
        .map((letter) => toDeadLetter(filter.consumer, letter)),
    redrive: async (filter) => decide(filter, "redrive", null),
    discard: async ({ reason, ...filter }) => decide(filter, "discarded", reason),
  };
};

const toConsumerState = (
  name: string,
  { topics, slots, letters, pausedBecause, processes }: MemoryConsumer,
): ConsumerState => ({
  name,
  topics: topics.split(", "),
  pausedBecause: pausedBecause ?? null,
  heldKeys: letters.heldKeys,
  waitingEvents: letters.waitingEvents,
  processes: [...processes].map(([process, { waitsBecause }]) => {
    return { process, waitsBecause: waitsBecause ?? null };
  }),
  deadLetters: [...letters.letters.values()].filter(({ status }) => status === "dead").length,
  slots: slots.map(({ position, owner, pausedBecause: because }, slot) => {
    return { slot, position, owner: owner ?? null, pausedBecause: because ?? null };
  }),
});

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
