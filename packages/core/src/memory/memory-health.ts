import type { HandledPlace } from "../port/consumer-admin.ts";
import {
  type ConsumerCondition,
  type ConsumerHealth,
  type FailingEvent,
  type SlotHealth,
  summedUp,
} from "../port/consumer-health.ts";
import type { TopicEvent } from "../port/rows.ts";
import { type MemoryConsumer, slotOf } from "./memory-consumer.ts";
import type { MemoryLetter } from "./memory-letters.ts";
import type { MemoryLog } from "./memory-log.ts";

type Log = Pick<MemoryLog, "events">;

/** Events that are not handled yet. */
const unhandled = (
  log: Log,
  { reads }: MemoryConsumer,
  after: number,
  isOf: (event: TopicEvent) => boolean,
): readonly TopicEvent[] =>
  log.events
    .slice(after)
    .filter((event) => event !== undefined)
    .filter((event) => reads(event) && isOf(event));

/** How a consumer of the in-memory store stands. No transaction there holds anybody up. */
export const memoryHealth = (name: string, consumer: MemoryConsumer, log: Log): ConsumerHealth =>
  summedUp(
    name,
    consumer.slots.map((_, slot) => slotHealth(consumer, slot, log)),
    [],
  );

const slotHealth = (consumer: MemoryConsumer, at: number, log: Log): SlotHealth => {
  const { slots, letters } = consumer;
  const { position, owner, pausedBecause } = slots[at] as MemoryConsumer["slots"][number];
  const isOf = (key: string): boolean => slotOf(key, slots.length) === at;
  const waiting = unhandled(log, consumer, position, ({ id }) => isOf(id));
  const { holds } = letters.trouble(isOf);
  const held = holds.flatMap(({ letter }) => letters.letters.get(letter.position) ?? []);
  const failing = held.find(({ status }) => status === "dead") ?? held[0];
  const isBehind = waiting.length > 0 || holds.length > 0;
  const stuckOn = stuckBecause(failing);
  const paused = consumer.pausedBecause ?? pausedBecause;
  const condition: ConsumerCondition =
    paused !== undefined ? "paused" : stuckOn !== null ? "stuck" : isBehind ? "behind" : "idle";
  const [oldest] = waiting;
  return {
    slot: at,
    condition,
    because: paused ?? stuckOn,
    position,
    eventsBehind: waiting.length,
    isEstimate: false,
    oldestUnhandledMs: oldest === undefined ? null : Date.now() - oldest.recordedAt.getTime(),
    owner: owner ?? null,
    heldKeys: holds.length,
    failing: failing === undefined ? null : toFailing(failing),
  };
};

const stuckBecause = (failing: MemoryLetter | undefined): string | null => {
  if (failing?.status === "dead") return "dead-letter";
  return failing?.status === "waiting" ? "unknown-type" : null;
};

const toFailing = ({ event, status, attempts, error }: MemoryLetter): FailingEvent => ({
  topic: event.topic,
  key: event.id,
  position: event.position,
  eventType: String(event.body.type),
  status,
  attempts,
  error,
});

/** Whether everything up to a place is handled; `undefined` when the consumer follows no such topic. */
export const memoryHasReached = (
  consumer: MemoryConsumer,
  place: HandledPlace,
  log: Log,
): boolean | undefined => {
  const { slots, letters, topics } = consumer;
  const { holds } = letters.trouble(() => true);
  if (place.kind === "position") {
    const isHeld = holds.some((hold) => hold.place.position < place.position);
    return !isHeld && slots.every(({ position }) => position >= place.position);
  }
  const { plan, id, version } = place;
  if (!topics.split(", ").includes(plan.name)) return undefined;
  const isOf = (event: TopicEvent): boolean =>
    event.topic === plan.name && event.id === id && event.sequence <= version;
  const last = log.events.findLast((event) => event !== undefined && isOf(event));
  if (last?.sequence !== version) return false;
  const isHeld = holds.some(
    ({ place: held }) =>
      held.topic === plan.name && held.key === id && held.position < last.position,
  );
  const { position } = slots[slotOf(id, slots.length)] as MemoryConsumer["slots"][number];
  return !isHeld && unhandled(log, consumer, position, isOf).length === 0;
};
