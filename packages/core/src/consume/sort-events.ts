import type { SlotChange } from "../port/dead-letters.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { DeliveryProgress } from "./deliver.ts";
import type { FollowedTopics } from "./followed-topics.ts";
import type { HeldKeys } from "./held-keys.ts";
import { discardedLetter, placeBefore, versionOf, waitingLetter } from "./letters.ts";

/** An event whose type or version nobody knows here, and the change that has its key wait for it. */
export interface Parked {
  readonly position: number;
  readonly change: SlotChange;
}

/** Leaves out what belongs to held keys, and holds the keys of events that cannot be read here yet. */
export const sortEvents = (
  events: readonly TopicEvent[],
  held: HeldKeys,
  topics: FollowedTopics,
): { readonly events: readonly TopicEvent[]; readonly parked: readonly Parked[] } => {
  const parked = new Map<string, Parked>();
  const kept = events.filter((event) => {
    if (held.has(event.topic, event.id)) return false;
    if (parked.size === 0 && isKnown(topics, event)) return true;
    const name = `${event.topic}/${event.id}`;
    if (parked.has(name)) return false;
    if (isKnown(topics, event)) return true;
    const [letter, hold] = [waitingLetter(event), placeBefore(event)];
    parked.set(name, { position: event.position, change: { kind: "letter", letter, hold } });
    return false;
  });
  return { events: kept, parked: [...parked.values()] };
};

/** Whether the event can be read here: its type, and the version that it is stored in. */
export const isKnown = (topics: FollowedTopics, { topic, body }: TopicEvent): boolean =>
  topics.knows(topic, String(body.type), versionOf(body));

/** What is to be written when the checkpoint moves that far. */
export const changesOf = (
  parked: readonly Parked[],
  { skips }: DeliveryProgress,
  to: number,
): readonly SlotChange[] => [
  ...parked.filter(({ position }) => position <= to).map(({ change }) => change),
  ...skips.map(({ event, reason }): SlotChange => {
    return { kind: "letter", letter: discardedLetter(event, reason) };
  }),
];
