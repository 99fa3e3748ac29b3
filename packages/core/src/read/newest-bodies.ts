import type { TopicEventModel, TopicModel } from "../define/any-topic.ts";
import type { JsonObject } from "../define/json-value.ts";
import { decodeEvent, isUpcast } from "./decode-event.ts";
import type { StoredBody } from "./decode-topic-event.ts";
import { storedEventError } from "./stored-event-error.ts";

/**
 * A stored event as its newest version would be stored: itself as a rule, or what an older one became.
 *
 * @throws StoredEventError for an older version that cannot be read.
 */
export const newestBodies = (
  model: TopicModel,
  stored: Omit<StoredBody, "bytes">,
): readonly JsonObject[] => {
  const { id, sequence, position, body } = stored;
  if (model.events.get(String(body.type))?.version === (body.v ?? 1)) return [body];
  const became = decodeEvent(model, id, sequence, body, position);
  return (isUpcast(became) ? became : [became]).map(({ type, ...payload }) => {
    const event = model.events.get(type) as TopicEventModel;
    const encoded = event.codec.encode(payload);
    if (!encoded.ok) {
      throw storedEventError(model, { id, sequence, position }, encoded.issues, encoded.cause);
    }
    return { type, ...(event.version > 1 && { v: event.version }), ...encoded.result.stored };
  });
};
