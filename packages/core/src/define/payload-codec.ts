import { type $ZodObject, type $ZodType, safeDecode, safeEncode, safeParse } from "zod/v4/core";
import type { Issue } from "../errors/annals-error.ts";
import { findLostKey, type JsonObject, NotJsonError, toJson } from "./json-value.ts";
import { withMarks } from "./personal-marks.ts";
import { inspectSchema } from "./schema-shape.ts";

/** A value in its stored form, and as it will be when it is read back. */
export interface Encoded {
  readonly stored: JsonObject;
  readonly value: object;
}

export type CodecResult<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly cause?: unknown };

/** Translates between values and their stored form by an object schema. Built once per schema. */
export interface PayloadCodec {
  /** Strict: an unknown key anywhere is an issue, and so is what JSON would change. */
  encode(value: object): CodecResult<Encoded>;
  /** Tolerant of keys that a newer writer added. */
  decode(stored: unknown): CodecResult<object>;
  /** Whether decoding leaves out keys that the schema does not name, so that nobody has to before. */
  readonly dropsUnknown: boolean;
}

export const payloadCodec = (schema: $ZodType): PayloadCodec => {
  const { hasCodec, hasPersonal } = inspectSchema(schema);

  const decode = (stored: unknown): CodecResult<object> => {
    try {
      const parsed = hasCodec ? safeDecode(schema, stored as never) : safeParse(schema, stored);
      return parsed.success
        ? { ok: true, result: parsed.data as object }
        : { ok: false, issues: parsed.error.issues, cause: parsed.error };
    } catch (error) {
      return thrown(error);
    }
  };

  const encode = (value: object): CodecResult<Encoded> => {
    try {
      const encoded = safeEncode(schema, value as never);
      if (!encoded.success) {
        return { ok: false, issues: encoded.error.issues, cause: encoded.error };
      }
      const data = hasPersonal ? withMarks(encoded.data) : encoded.data;
      const stored = toJson(data) as JsonObject;
      // Without codecs the stored form is the value itself.
      const read = hasCodec ? decode(stored) : { ok: true as const, result: stored };
      if (!read.ok) return read;
      const lost = findLostKey(value, read.result);
      if (lost !== undefined) return failure(lost, "is not a field of the schema");
      return { ok: true, result: { stored, value: read.result } };
    } catch (error) {
      return error instanceof NotJsonError ? { ok: false, issues: [error.issue] } : thrown(error);
    }
  };

  return { encode, decode, dropsUnknown: dropsUnknown(schema) };
};

/** `z.object()` alone: a strict, loose or catch-all object says so in `catchall`. */
const dropsUnknown = (schema: $ZodType): boolean => {
  const { type, catchall } = (schema as $ZodObject)._zod.def;
  return type === "object" && catchall === undefined;
};

const failure = (path: readonly PropertyKey[], message: string): CodecResult<never> => ({
  ok: false,
  issues: [{ path, message }],
});

/** What a refinement, a default or a codec of the definition's own threw. */
const thrown = (cause: unknown): CodecResult<never> => ({
  ok: false,
  issues: [{ path: [], message: "a function of the schema threw an error" }],
  cause,
});
