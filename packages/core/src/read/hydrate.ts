import { History } from "../decide/history.ts";
import type { TopicModel } from "../define/any-topic.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { JsonObject } from "../define/json-value.ts";
import { AnnalsError, type Issue } from "../errors/annals-error.ts";
import { type StoredEventAt, StoredEventError } from "../errors/read-errors.ts";
import type { StoredEntity } from "../port/rows.ts";

/**
 * Folds what is stored into a history.
 *
 * @throws StoredEventError for an event that the definition does not know or that does not fit it.
 */
export const hydrate = (model: EntityModel, stored: StoredEntity): History => {
  const { id, version, events } = stored;
  if (events.length !== version) {
    const message = `the index row is at version ${version}, but ${events.length} events are stored`;
    throw storedEventError(model, { id, sequence: events.length }, [{ path: [], message }]);
  }
  const decoded: object[] = new Array(version);
  let state: unknown;
  let index = 0;
  try {
    for (; index < version; index += 1) {
      const event = decodeEvent(model, id, index + 1, events[index] as JsonObject);
      state = model.events.get(event.type)?.reduce(state, event);
      decoded[index] = event;
    }
  } catch (error) {
    if (error instanceof AnnalsError) throw error;
    const issues = [{ path: [], message: "the reducer of its type threw an error" }];
    throw storedEventError(model, { id, sequence: index + 1 }, issues, error);
  }
  return new History(model, id, decoded, state as object);
};

/** Reads one stored event into the shape that the definition's types promise. */
export const decodeEvent = (
  model: TopicModel,
  id: string,
  sequence: number,
  body: JsonObject,
  position?: number,
): { type: string } => {
  const { type, v: version } = body;
  const event = typeof type === "string" ? model.events.get(type) : undefined;
  if (event === undefined) {
    const message = `the definition has no event "${String(type)}"`;
    throw storedEventError(model, { id, sequence, position }, [{ path: ["type"], message }]);
  }
  if (version !== undefined) {
    const message = `the definition has no version ${String(version)} of "${String(type)}"`;
    throw storedEventError(model, { id, sequence, position }, [{ path: ["v"], message }]);
  }
  const decoded = event.codec.decode(event.codec.dropsUnknown ? body : payloadOf(body));
  if (!decoded.ok) {
    throw storedEventError(model, { id, sequence, position }, decoded.issues, decoded.cause);
  }
  return { type: type as string, ...decoded.result };
};

const payloadOf = ({ type: _type, v: _version, ...payload }: JsonObject): JsonObject => payload;

const storedEventError = (
  model: TopicModel,
  at: Omit<StoredEventAt, "table">,
  issues: readonly Issue[],
  cause?: unknown,
): StoredEventError =>
  new StoredEventError({ table: model.plan.eventsTable, ...at, issues }, { cause });
