import type { TopicEventModel } from "../define/any-topic.ts";
import { type JsonObject, NotJsonError, toJson } from "../define/json-value.ts";
import type { PublishedModel } from "../define/topic-definition.ts";
import type { Issue } from "../errors/annals-error.ts";
import { InvalidEventError } from "../errors/decide-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { EventHeaders } from "../port/rows.ts";
import type { Publication } from "../port/topic-store.ts";
import type { PublicationOptions } from "./topic-type.ts";

/** An index row holds at most a third of a page; 500 characters of four bytes fit. */
const KEY_MAX = 500;

/** Checks an event and what goes with it, and turns both into what a store writes. */
export const toPublication = (
  model: PublishedModel,
  event: unknown,
  options: PublicationOptions,
  newKey: () => string,
): Publication => {
  const { topic, type, eventModel, payload } = known(model, event);
  const { json, bytes } = splitBytes(topic, type, eventModel, payload);
  const encoded = eventModel.codec.encode(json);
  if (!encoded.ok) {
    const { issues, cause } = encoded;
    throw new InvalidEventError({ entity: topic, eventType: type, issues }, { cause });
  }
  // What is published is what the schema made of it; so is what the key is derived from.
  const value = { type, ...encoded.result.value, ...bytes.field };
  const key = options.key ?? derivedKey(model, value) ?? newKey();
  return {
    key: checkText(topic, "the key", key),
    body:
      eventModel.version === 1
        ? { type, ...encoded.result.stored }
        : { type, v: eventModel.version, ...encoded.result.stored },
    bytes: bytes.stored,
    headers: checkHeaders(topic, options.headers ?? {}),
    deduplicationKey:
      options.deduplicationKey === undefined
        ? null
        : checkText(topic, "the deduplication key", options.deduplicationKey),
  };
};

const known = (model: PublishedModel, event: unknown) => {
  const topic = model.plan.name;
  const { type, ...payload } = (event ?? {}) as { type?: unknown };
  const eventModel = typeof type === "string" ? model.events.get(type) : undefined;
  if (eventModel === undefined) {
    const issues = [{ path: ["type"], message: `the topic has no event "${String(type)}"` }];
    throw new InvalidEventError({ entity: topic, eventType: String(type), issues });
  }
  return { topic, type: type as string, eventModel, payload };
};

const splitBytes = (
  topic: string,
  type: string,
  { bytesField }: TopicEventModel,
  payload: object,
): { json: object; bytes: { stored: Uint8Array | null; field: object } } => {
  if (bytesField === undefined) return { json: payload, bytes: { stored: null, field: {} } };
  const { [bytesField]: stored, ...json } = payload as Record<string, unknown>;
  if (!(stored instanceof Uint8Array)) {
    const issues: Issue[] = [{ path: [bytesField], message: "is no Uint8Array" }];
    throw new InvalidEventError({ entity: topic, eventType: type, issues });
  }
  return { json, bytes: { stored, field: { [bytesField]: stored } } };
};

const derivedKey = ({ plan, keyOf }: PublishedModel, event: object): string | undefined => {
  if (keyOf === undefined) return undefined;
  const key = keyOf(event as never);
  if (typeof key === "string") return key;
  throw new InvalidArgumentError(
    plan.name,
    `the definition's key gave ${key === null ? "null" : typeof key} for an event`,
    "Let it return a text for every event, or give the key where you publish.",
  );
};

const checkText = (topic: string, what: string, text: string): string => {
  const isUsable = typeof text === "string" && text.length > 0 && text.length <= KEY_MAX;
  if (isUsable && text.isWellFormed() && !text.includes("\u0000")) return text;
  throw new InvalidArgumentError(
    topic,
    `${what} is not a text of 1 to ${KEY_MAX} characters that PostgreSQL can store`,
    "Use an id or a short name; hash what is longer.",
  );
};

const checkHeaders = (topic: string, headers: EventHeaders): EventHeaders => {
  try {
    const stored = toJson(headers) as JsonObject;
    const isFlat = Object.values(stored).every((value) => typeof value === "string");
    if (isFlat && !Array.isArray(stored)) return stored as EventHeaders;
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
  }
  throw new InvalidArgumentError(
    topic,
    "the headers are not an object of texts that PostgreSQL can store",
    "Headers are names with texts; what an event says belongs in the event.",
  );
};
