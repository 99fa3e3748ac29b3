import { PARENT } from "../decide/stored-event.ts";
import type { TopicModel } from "../define/any-topic.ts";
import type { JsonObject } from "../define/json-value.ts";
import { storedEventError } from "./stored-event-error.ts";
import { upcastEvent } from "./upcast-event.ts";

/** A decoded event, as the definition's types promise it. */
export interface DecodedEvent {
  readonly type: string;
}

/**
 * Reads one stored event into the shape that the definition's types promise: the event itself, or a list
 * of what an older version became, which may be empty.
 *
 * @throws StoredEventError for an event that the definition does not know or that does not fit it.
 */
export const decodeEvent = (
  model: TopicModel,
  id: string,
  sequence: number,
  body: JsonObject,
  position?: number,
): DecodedEvent | readonly DecodedEvent[] => {
  const { type, v = 1 } = body;
  const event = model.events.get(type as string);
  if (event === undefined || event.version !== v) {
    return upcastEvent(model, body, { id, sequence, position });
  }
  const { codec } = event;
  const decoded = codec.decode(codec.dropsUnknown ? body : payloadOf(body));
  if (decoded.ok) return { type: type as string, ...decoded.result };
  throw storedEventError(model, { id, sequence, position }, decoded.issues, decoded.cause);
};

/** Whether a stored event became something else than one event of its own type. */
export const isUpcast = (
  decoded: DecodedEvent | readonly DecodedEvent[],
): decoded is readonly DecodedEvent[] => Array.isArray(decoded);

const payloadOf = ({
  type: _type,
  v: _version,
  [PARENT]: _parent,
  ...payload
}: JsonObject): JsonObject => payload;
