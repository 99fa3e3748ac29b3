import type { $ZodObject, $ZodType } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { StoredTypes } from "./event-versions.ts";
import { inspectSchema } from "./schema-shape.ts";

/**
 * How personal values are kept so that they can be forgotten.
 *
 * `crypto-shredding`: sealed with a key of their subject, which is destroyed. `payload-table`: in a row of
 * their own, which is deleted.
 */
export type ErasureMethod = "crypto-shredding" | "payload-table";

/** What a definition says about its personal fields. */
export interface ErasureOptions<EventType extends string, Field extends string> {
  /** How they are kept. Storage format of what is written from now on; both stay readable. */
  readonly method: ErasureMethod;
  /** The event, without a payload, that is appended when a subject is forgotten. */
  readonly event: EventType;
  /** Whom they are about. Default is the entity itself. */
  readonly subject?: SubjectOptions<Field>;
}

/** Whom values are about, where that is not the entity that they stand in. */
export interface SubjectOptions<Field extends string> {
  /** What subjects are, in the singular: the name of their entity, where they have one. */
  readonly kind: string;
  /** The field that has the subject's id: of the state, and in a topic of its own of the event. */
  readonly field: Field;
}

/** The same, as those who keep values see it. */
export interface ErasurePlan {
  readonly method: ErasureMethod;
  /** The event that says so; `undefined` in a topic that does not declare one. */
  readonly event: string | undefined;
  readonly kind: string;
  /** `undefined` where the subject is the entity itself. */
  readonly field: string | undefined;
  /** Whether the event has that field, so that it says who was forgotten. */
  readonly eventNames: boolean;
  /** Headers that are personal, by their names; of topics of their own alone. */
  readonly headers: readonly string[];
}

interface ErasureSource {
  readonly name: string;
  readonly events: Readonly<Record<string, $ZodObject>>;
  readonly schema?: $ZodObject;
  readonly erasure?: UntypedErasure | undefined;
}

/** What a definition says, where types no longer help. */
export interface UntypedErasure extends Partial<ErasureOptions<string, string>> {
  readonly headers?: readonly string[];
}

const OPTIONS = {
  entity: ["method", "event", "subject"],
  topic: ["method", "event", "subject", "headers"],
} as const;
const METHODS: readonly unknown[] = ["crypto-shredding", "payload-table"];

/** Checks what a definition says about personal fields against the fields themselves. */
export const erasurePlan = (
  source: ErasureSource,
  stored: StoredTypes,
  topic: "entity" | "topic",
): ErasurePlan | undefined => {
  const { name, erasure } = source;
  const headers = topic === "topic" ? headersOf(source) : [];
  const where = personalEvent(source, stored) ?? (headers.length > 0 ? "its headers" : undefined);
  if (where === undefined) {
    refuseUnused(source);
    return undefined;
  }
  if (erasure === undefined) {
    throw new InvalidDefinitionError(
      name,
      `${where} has a personal field, but the definition does not say how it is forgotten`,
      'Add erasure: { method: "crypto-shredding", event: "…" }.',
    );
  }
  const options: readonly string[] = OPTIONS[topic];
  const unknown = Object.keys(erasure).find((key) => !options.includes(key));
  if (unknown !== undefined || !METHODS.includes(erasure.method)) {
    throw new InvalidDefinitionError(
      name,
      `its erasure ${unknown === undefined ? "has no method" : `has an unknown option "${unknown}"`}`,
      'Declare method, "crypto-shredding" or "payload-table", event and, where needed, subject.',
    );
  }
  const { subject } = erasure;
  if (subject !== undefined) checkSubject(source, subject, topic);
  else if (topic === "topic") {
    throw new InvalidDefinitionError(
      name,
      "its erasure names no subject, and a topic of its own is none itself",
      'Add subject: { kind: "customer", field: "customerId" }.',
    );
  }
  const eventNames =
    topic === "entity" || erasure.event !== undefined ? checkEvent(source, topic) : false;
  return Object.freeze({
    method: erasure.method as ErasureMethod,
    event: erasure.event,
    kind: subject?.kind ?? name,
    field: subject?.field,
    eventNames,
    headers,
  });
};

const headersOf = ({ name, erasure }: ErasureSource): readonly string[] => {
  const headers: unknown = erasure?.headers ?? [];
  if (Array.isArray(headers) && headers.every((one) => typeof one === "string")) return headers;
  throw new InvalidDefinitionError(
    name,
    "the headers of its erasure are no list of names",
    'Name those that are personal: headers: ["ip"].',
  );
};

const personalEvent = ({ events }: ErasureSource, stored: StoredTypes): string | undefined => {
  for (const [type, schema] of Object.entries(events)) {
    if (inspectSchema(schema).hasPersonal) return `the event "${type}"`;
  }
  for (const [type, { older }] of stored) {
    const at = older.findIndex(({ schema }) => inspectSchema(schema).hasPersonal);
    if (at >= 0) return `the event "${type}", version ${at + 1},`;
  }
  return undefined;
};

const refuseUnused = ({ name, erasure, schema }: ErasureSource): void => {
  if (erasure !== undefined) {
    throw new InvalidDefinitionError(
      name,
      "it declares erasure, but no event of it has a personal field",
      "Mark the fields with personal(), or leave erasure out.",
    );
  }
  if (schema !== undefined && inspectSchema(schema).hasPersonal) {
    throw new InvalidDefinitionError(
      name,
      "its state has a personal field, but no event of it has one",
      "Mark the fields of the events that it is folded from as well.",
    );
  }
};

const checkSubject = (
  { name, schema, events }: ErasureSource,
  { kind, field }: SubjectOptions<string>,
  topic: "entity" | "topic",
): void => {
  if (typeof kind !== "string" || !/^[a-z][A-Za-z0-9]*$/.test(kind)) {
    throw new InvalidDefinitionError(
      name,
      "the kind of its erasure's subject is not a plain word",
      'Use letters and digits with a small letter first, for example "customer".',
    );
  }
  const shapes = topic === "entity" ? [schema] : Object.values(events);
  const found = shapes
    .map((shape) => shape?._zod.def.shape[field] as $ZodType | undefined)
    .filter((one) => one !== undefined);
  if (found.length === 0) {
    throw new InvalidDefinitionError(
      name,
      `"${field}", the field of its erasure's subject, is in ${topic === "entity" ? "no state of it" : "none of its events"}`,
      "Name a field that has the subject's id.",
    );
  }
  if (found.some((one) => inspectSchema(one).hasPersonal)) {
    throw new InvalidDefinitionError(
      name,
      `"${field}", the field of its erasure's subject, is personal itself`,
      "Name subjects by an id that says nothing about them.",
    );
  }
};

/** An entity's event says nothing beside that it happened; a topic's may say to whom. */
const checkEvent = (
  { name, events, erasure }: ErasureSource,
  topic: "entity" | "topic",
): boolean => {
  const event = erasure?.event;
  const schema = typeof event === "string" ? events[event] : undefined;
  if (schema === undefined) {
    throw new InvalidDefinitionError(
      name,
      `its erasure names "${event}", which is no event of it`,
      `Name one of ${Object.keys(events).join(", ")}.`,
    );
  }
  const fields = Object.keys(schema._zod.def.shape);
  const subject = topic === "topic" ? erasure?.subject?.field : undefined;
  if (fields.every((field) => field === subject)) return fields.length > 0;
  throw new InvalidDefinitionError(
    name,
    `"${event}", the event of its erasure, has a payload`,
    "It is written by forget(), which has nothing to say: use z.object({}).",
  );
};
