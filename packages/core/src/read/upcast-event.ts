import { PARENT } from "../decide/stored-event.ts";
import type { TopicModel } from "../define/any-topic.ts";
import type { OldVersionModel, StoredType } from "../define/event-versions.ts";
import { findLostKey, type JsonObject } from "../define/json-value.ts";
import type { PayloadCodec } from "../define/payload-codec.ts";
import type { Issue } from "../errors/annals-error.ts";
import { type EventPlace, storedEventError } from "./stored-event-error.ts";

/**
 * Reads a stored event that is not in the newest version of one: takes it from version to version, each
 * read by its own schema.
 *
 * @returns what it became, which may be nothing.
 * @throws StoredEventError for a type or a version that the definition does not know, and for what an
 * upcaster cannot take or yields wrongly.
 */
export const upcastEvent = (
  model: TopicModel,
  body: JsonObject,
  at: EventPlace,
): readonly { readonly type: string }[] => {
  const fail = (issues: readonly Issue[], cause?: unknown): never => {
    throw storedEventError(model, at, issues, cause);
  };
  const { type, v, [PARENT]: _parent, ...stored } = body;
  const known = storedType(model, type, fail);
  const { older, newest } = known;
  const version = v === undefined ? 1 : knownVersion(known, String(type), v, fail);
  const schemas = [...older.map(({ codec }) => codec), newest && model.events.get(newest)?.codec];

  let payload: object = decoded(schemas[version - 1] as PayloadCodec, stored, fail);
  for (let from = version; from <= older.length; from += 1) {
    const { becomes, upcast } = older[from - 1] as OldVersionModel;
    const upcaster = `the upcaster of version ${from} of "${String(type)}"`;
    const failed = (problem: string, path: Issue["path"] = [], cause?: unknown): never =>
      fail([{ path, message: `${upcaster} ${problem}` }], cause);
    const result = called(upcast, payload, failed);
    if (becomes === "events") return eventsFrom(model, result, failed);
    payload = strictlyDecoded(schemas[from] as PayloadCodec, result, failed);
  }
  return [{ type: newest as string, ...payload }];
};

type Fail = (issues: readonly Issue[], cause?: unknown) => never;
type UpcasterFailed = (problem: string, path?: Issue["path"], cause?: unknown) => never;

/** An event whose older versions, or old names, are declared; or one with nothing but its newest. */
const storedType = ({ storedTypes, events }: TopicModel, type: unknown, fail: Fail): StoredType => {
  const declared = typeof type === "string" ? storedTypes.get(type) : undefined;
  if (declared !== undefined) return declared;
  if (typeof type === "string" && events.has(type)) {
    return { older: [], newest: type, becomes: [type] };
  }
  const message = `the definition has no event "${String(type)}"`;
  return fail([{ path: ["type"], message }]);
};

const knownVersion = (
  { older, newest }: StoredType,
  type: string,
  version: unknown,
  fail: Fail,
): number => {
  const highest = older.length + (newest === undefined ? 0 : 1);
  if (Number.isInteger(version) && Number(version) > 1 && Number(version) <= highest) {
    return Number(version);
  }
  const message =
    Number(version) > highest
      ? `the definition has no version ${String(version)} of "${type}", its highest is ${highest}: newer code wrote it`
      : `the definition has no version ${String(version)} of "${type}"`;
  return fail([{ path: ["v"], message }]);
};

const decoded = (codec: PayloadCodec, stored: JsonObject, fail: Fail): object => {
  const read = codec.decode(stored);
  return read.ok ? read.result : fail(read.issues, read.cause);
};

const called = (
  upcast: (payload: never) => unknown,
  payload: object,
  failed: UpcasterFailed,
): unknown => {
  try {
    return upcast(payload as never);
  } catch (cause) {
    return failed("threw an error", [], cause);
  }
};

/** What an upcaster made, which is nobody's stored data: a key too many is a mistake of the upcaster's. */
const strictlyDecoded = (
  codec: PayloadCodec,
  payload: unknown,
  failed: UpcasterFailed,
  path: Issue["path"] = [],
): object => {
  if (payload instanceof Promise) return failed("returned a promise, but is not awaited", path);
  const read = codec.decode(payload);
  if (!read.ok) {
    const [first] = read.issues;
    const [where, message] = [first?.path ?? [], first?.message ?? "it does not fit"];
    const problem = `returned what the next schema does not take: ${message}`;
    return failed(problem, [...path, ...where], read.cause);
  }
  const lost = findLostKey(payload, read.result);
  if (lost === undefined) return read.result;
  return failed("returned a field that the next schema does not have", [...path, ...lost]);
};

const eventsFrom = (
  { events }: TopicModel,
  list: unknown,
  failed: UpcasterFailed,
): readonly { readonly type: string }[] => {
  if (!Array.isArray(list)) return failed("returned no list of events");
  return list.map((raw: unknown, at) => {
    const { type, ...payload } = (raw ?? {}) as { readonly type?: unknown };
    const event = typeof type === "string" ? events.get(type) : undefined;
    if (event === undefined) {
      return failed("returned what is no event of the definition", [at, "type"]);
    }
    return { type: type as string, ...strictlyDecoded(event.codec, payload, failed, [at]) };
  });
};
