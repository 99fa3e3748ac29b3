import type { $ZodObject } from "zod/v4/core";
import type { Issue } from "../errors/annals-error.ts";
import { InvalidContextError } from "../errors/append-errors.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { type ContextErasure, checkContextErasure } from "./context-erasure.ts";
import { refuseUnstorable } from "./event-checks.ts";
import { type JsonObject, NotJsonError, toJson } from "./json-value.ts";
import { payloadCodec } from "./payload-codec.ts";
import { findMarks, PERSONAL } from "./personal-marks.ts";

/** The keys of a context that mean the same everywhere. Storage format. */
export interface ReservedContext {
  /** What all that belongs together has in common, for example the id of a request. */
  readonly correlationId?: string | undefined;
  /** What caused the event: `topic/id/sequence` for an event, or a name of your own. */
  readonly causationId?: string | undefined;
  /** The trace it happened in, as the W3C's Trace Context writes it. */
  readonly traceparent?: string | undefined;
}

/** What a consumer knows of the events that a handler stores. */
export interface Cause {
  readonly correlationId: string;
  readonly causationId: string;
}

/** A context as values, and in its stored form. */
export interface EncodedContext {
  /** The keys that the schema declares. */
  readonly values: object;
  readonly reserved: ReservedContext;
  readonly stored: JsonObject;
}

/** The engine behind a declared context, free of the user's types. */
export interface ContextModel {
  /** @throws InvalidContextError */
  encode(given: object): EncodedContext;
  /** Adds to a context what needs no checking. */
  extend(base: EncodedContext | undefined, cause: Cause): EncodedContext;
  /**
   * What a stored context says, as values.
   *
   * @throws InvalidContextError
   */
  decode(stored: JsonObject): object;
}

/** Keys that no schema may declare. */
const RESERVED: readonly (keyof ReservedContext)[] = [
  "correlationId",
  "causationId",
  "traceparent",
];

const NAME = "context";
const REFERENCE_MAX = 200;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Checks the schema of a context and builds its engine.
 *
 * @throws InvalidDefinitionError
 */
export const contextModel = (schema: $ZodObject, erasure?: ContextErasure): ContextModel => {
  checkSchema(schema);
  checkContextErasure(schema, erasure);
  const codec = payloadCodec(schema);

  const encode = (given: object): EncodedContext => {
    const { reserved, own } = parts(given);
    const encoded = codec.encode(own);
    if (!encoded.ok) throw new InvalidContextError(encoded, { cause: encoded.cause });
    const { value: values, stored } = encoded.result;
    if (erasure !== undefined) checkSubject(stored, erasure);
    return { values, reserved, stored: Object.freeze({ ...stored, ...reserved } as JsonObject) };
  };

  const extend = (base: EncodedContext | undefined, cause: Cause): EncodedContext => ({
    values: base?.values ?? {},
    reserved: { ...base?.reserved, ...cause },
    stored: Object.freeze({ ...base?.stored, ...cause }),
  });

  const decode = (stored: JsonObject): object => {
    const { reserved, own } = split(stored);
    const decoded = codec.decode(own);
    if (!decoded.ok) throw new InvalidContextError(decoded, { cause: decoded.cause });
    return { ...decoded.result, ...reserved };
  };

  return { encode, extend, decode };
};

const checkSchema = (schema: $ZodObject): void => {
  if (schema?._zod?.def?.type !== "object") {
    throw new InvalidDefinitionError(
      NAME,
      "its schema is no object schema",
      "Use z.object({ … }).",
    );
  }
  const taken = Object.keys(schema._zod.def.shape).find((key) => isReserved(key));
  if (taken !== undefined) {
    throw new InvalidDefinitionError(
      NAME,
      `its schema declares "${taken}", which every context has already`,
      "Leave it out of the schema; withContext() takes it as it is.",
    );
  }
  refuseUnstorable(NAME, "the schema", schema);
};

/** Values that are about nobody could never be forgotten. */
const checkSubject = (stored: JsonObject, { subject: { field } }: ContextErasure): void => {
  const id = stored[field];
  const namesOne = (typeof id === "string" && id !== "") || typeof id === "number";
  if (namesOne || findMarks(stored, PERSONAL).length === 0) return;
  const message = "names nobody, but the context has personal values";
  throw new InvalidContextError({ issues: [{ path: [field], message }] });
};

const isReserved = (key: string): key is keyof ReservedContext =>
  (RESERVED as readonly string[]).includes(key);

const split = (given: object): { reserved: Record<string, unknown>; own: object } => {
  const reserved: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) (isReserved(key) ? reserved : own)[key] = value;
  }
  return { reserved, own };
};

const parts = (given: object): { reserved: ReservedContext; own: object } => {
  const { reserved, own } = split(given);
  const issues = Object.entries(reserved).flatMap(([key, value]) => reservedIssue(key, value));
  if (issues.length > 0) throw new InvalidContextError({ issues });
  return { reserved, own };
};

const reservedIssue = (key: string, value: unknown): Issue[] => {
  const issue = (message: string): Issue[] => [{ path: [key], message }];
  if (key === "traceparent") {
    const fits = typeof value === "string" && TRACEPARENT.test(value);
    return fits ? [] : issue("is no traceparent of the W3C's Trace Context");
  }
  if (typeof value !== "string" || value === "" || value.length > REFERENCE_MAX) {
    return issue(`is not a text of 1 to ${REFERENCE_MAX} characters`);
  }
  try {
    toJson(value);
    return [];
  } catch (error) {
    if (error instanceof NotJsonError) return issue(error.message);
    throw error;
  }
};
