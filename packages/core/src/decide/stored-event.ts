import type { EntityModel } from "../define/entity-model.ts";
import { isReservedKey } from "../define/event-checks.ts";
import type { JsonObject } from "../define/json-value.ts";
import type { CodecResult, Encoded } from "../define/payload-codec.ts";
import type { Issue } from "../errors/annals-error.ts";
import { InvalidDecisionError, InvalidEventError } from "../errors/decide-errors.ts";

/** An event in its stored form, `{"type": …, "v": …, …payload}`. Storage format. */
export interface StoredEvent {
  readonly type: string;
  readonly version: number;
  readonly body: JsonObject;
}

/** The key under which a child's first event says whose child it is. Storage format. */
export const PARENT = "$parent";

/** The first event of a child, which says whose child it is. */
export const childEvent = (stored: StoredEvent, parentId: string): StoredEvent => ({
  ...stored,
  body: { ...stored.body, [PARENT]: parentId },
});

/** Whose child an entity is, by its first event. */
export const parentIdOf = (events: readonly JsonObject[]): string | undefined => {
  const id = events[0]?.[PARENT];
  return typeof id === "string" ? id : undefined;
};

/**
 * What a decision yielded, as an event in memory and as it is stored: in the newest version.
 *
 * @throws InvalidDecisionError, InvalidEventError
 */
export const encodeEvent = (
  model: EntityModel,
  source: string,
  raw: unknown,
): { readonly event: object; readonly stored: StoredEvent } => {
  const entity = model.plan.name;
  if (typeof raw !== "object" || raw === null || !("type" in raw)) {
    throw new InvalidDecisionError(entity, source, describe(raw));
  }
  const { type, ...payload } = raw as Record<string, unknown>;
  const event = typeof type === "string" ? model.events.get(type) : undefined;
  if (event === undefined || typeof type !== "string") {
    throw new InvalidDecisionError(entity, source, "an event that the entity does not declare");
  }
  const reserved = Object.keys(payload).find(isReservedKey);
  const encoded =
    reserved === undefined
      ? event.codec.encode(payload)
      : notEncoded([{ path: [reserved], message: "is a reserved name" }]);
  if (!encoded.ok) {
    const { issues, cause } = encoded;
    throw new InvalidEventError({ entity, eventType: type, issues }, { cause });
  }
  const { stored, value } = encoded.result;
  const { version } = event;
  const body = version === 1 ? { type, ...stored } : { type, v: version, ...stored };
  // Without codecs and older versions, what is stored is what is there in memory.
  const isSame = version === 1 && stored === value;
  return { event: isSame ? body : { type, ...value }, stored: { type, version, body } };
};

const notEncoded = (issues: readonly Issue[]): CodecResult<Encoded> => ({ ok: false, issues });

const describe = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (value instanceof Promise) return "a promise, but decisions are made at once";
  if (Array.isArray(value)) return "a list where an event belongs";
  return `${typeof value === "object" ? "an object without a type" : `a ${typeof value}`} where an event belongs`;
};
