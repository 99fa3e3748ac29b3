import type { TopicModel } from "../define/any-topic.ts";
import type { TopicEvent } from "../port/rows.ts";
import { type DecodedEvent, decodeEvent, isUpcast } from "./decode-event.ts";
import { storedEventError } from "./stored-event-error.ts";

/** What of a stored event decides how it is read. */
export type StoredBody = Pick<TopicEvent, "id" | "sequence" | "position" | "body" | "bytes">;

/**
 * Reads an event as a topic carries it, an entity's or one of its own, binary data included.
 *
 * @returns what it became: one event, unless an older version became several or none.
 * @throws StoredEventError for an event that the definition does not know or that does not fit it.
 */
export const decodeTopicEvent = (
  model: TopicModel,
  stored: StoredBody,
): readonly DecodedEvent[] => {
  const { id, sequence, position, body, bytes } = stored;
  const event = decodeEvent(model, id, sequence, body, position);
  return (isUpcast(event) ? event : [event]).map((one) => {
    const field = model.events.get(one.type)?.bytesField;
    if (field === undefined) return one;
    if (bytes !== null) return { ...one, [field]: bytes };
    const issues = [{ path: [field], message: "no binary data is stored" }];
    throw storedEventError(model, { id, sequence, position }, issues);
  });
};
