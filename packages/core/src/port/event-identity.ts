import type { TopicEvent } from "./rows.ts";

/**
 * What names an event for good: `topic/id/sequence`. In a topic of its own nothing is counted within a
 * key, and a key may say more than an id should: there it is `topic/position`.
 */
export const eventIdentity = ({
  topic,
  id,
  sequence,
  position,
}: Pick<TopicEvent, "topic" | "id" | "sequence" | "position">): string =>
  sequence === 0 ? `${topic}/${position}` : `${topic}/${id}/${sequence}`;
