import type { TopicModel } from "../define/any-topic.ts";
import { StoredEventError } from "../errors/read-errors.ts";
import type { TopicEvent } from "../port/rows.ts";
import { decodeEvent } from "./hydrate.ts";

/**
 * Reads an event as a topic carries it, an entity's or one of its own, binary data included.
 *
 * @throws StoredEventError for an event that the definition does not know or that does not fit it.
 */
export const decodeTopicEvent = (model: TopicModel, stored: TopicEvent): { type: string } => {
  const { id, sequence, position, body, bytes } = stored;
  const event = decodeEvent(model, id, sequence, body, position);
  const field = model.events.get(event.type)?.bytesField;
  if (field === undefined) return event;
  if (bytes !== null) return { ...event, [field]: bytes };
  const issues = [{ path: [field], message: "no binary data is stored" }];
  throw new StoredEventError({ table: model.plan.eventsTable, id, sequence, position, issues });
};
