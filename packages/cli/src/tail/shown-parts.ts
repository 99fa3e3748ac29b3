import { type AnyTopic, type JsonObject, StoredEventError } from "@annals/core";
import { model, newestBodies, type TopicEvent } from "@annals/core/adapter";

/** An event as it is shown: one of the parts that a stored one became. */
export interface ShownPart {
  readonly body: JsonObject;
  readonly part: number;
  readonly parts: number;
}

/**
 * Shows stored events in the newest shape, as everything else sees them. What cannot be read, which newer
 * code may have written, is shown as it is stored.
 */
export const shownParts = (
  topics: readonly AnyTopic[],
  types: readonly string[] | undefined,
): ((event: TopicEvent) => readonly ShownPart[]) => {
  const models = new Map(topics.map((topic) => [topic.name, topic[model]]));
  return (event) => {
    const bodies = newestOf(models.get(event.topic), event);
    return bodies
      .map((body, at) => ({ body, part: at + 1, parts: bodies.length }))
      .filter(({ body }) => types === undefined || types.includes(String(body.type)));
  };
};

/** What a stored event became, or itself where it cannot be read. */
export const newestOf = (
  known: AnyTopic[typeof model] | undefined,
  event: Parameters<typeof newestBodies>[1],
): readonly JsonObject[] => {
  if (known === undefined) return [event.body];
  try {
    return newestBodies(known, event);
  } catch (error) {
    if (error instanceof StoredEventError) return [event.body];
    throw error;
  }
};
