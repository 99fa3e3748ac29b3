import { PARENT } from "../decide/stored-event.ts";
import type { EntityModel } from "../define/entity-model.ts";
import {
  findLostKey,
  isPlain,
  type JsonObject,
  type JsonValue,
  NotJsonError,
  toJson,
} from "../define/json-value.ts";
import type { PayloadCodec } from "../define/payload-codec.ts";
import { describeIssues } from "../errors/annals-error.ts";
import { foldedRow } from "./folded-row.ts";

export interface ImportChecks {
  /** Whether events may have fields that the definition has not. */
  readonly keepUnknownFields: boolean;
}

/** What becomes of a history that comes from elsewhere. */
export type ImportedHistory =
  | {
      readonly kind: "fits";
      readonly id: string;
      readonly version: number;
      /** When the entity was created and, where it is deleted, when; in ISO 8601. */
      readonly createdAt: string;
      readonly deletedAt: string | null;
      /** The index row's declared columns, in the plan's order. */
      readonly columns: readonly JsonValue[];
    }
  /** It is no history of this entity. The problem is a sentence without values. */
  | { readonly kind: "refused"; readonly problem: string };

interface RecordedEvent {
  readonly event: JsonObject;
  readonly recordedAt: string;
}

/**
 * Checks a whole history, `{ id, version, events: [{ sequence, recordedAt, event, context }] }`, against
 * a definition, and folds it into the index row that goes with it. Pure.
 */
export const importedHistory = (
  model: EntityModel,
  given: Readonly<Record<string, unknown>>,
  checks: ImportChecks,
): ImportedHistory => {
  const id = model.parseId(given.id);
  if (id === undefined || id !== given.id) return refused("its id is no id of this entity");
  if (!Array.isArray(given.events) || given.events.length === 0) return refused("it has no events");
  const { version } = given;
  const events: readonly unknown[] = given.events;
  if (version !== events.length) {
    return refused(`its version is not the number of its events, which is ${events.length}`);
  }
  for (const [at, event] of events.entries()) {
    const problem = eventProblem(model, event, at + 1, checks);
    if (problem !== undefined) return refused(`event ${at + 1}: ${problem}`);
  }
  const recorded = events as readonly RecordedEvent[];
  const row = foldedRow(model, { id, version, events: recorded.map(({ event }) => event) });
  if (row.kind === "unfoldable") return refused(row.problem);
  return {
    kind: "fits",
    id,
    version: row.version,
    createdAt: (recorded[0] as RecordedEvent).recordedAt,
    deletedAt: row.deletedBy === null ? null : (recorded[row.deletedBy - 1]?.recordedAt ?? null),
    columns: row.columns,
  };
};

const refused = (problem: string): ImportedHistory => ({ kind: "refused", problem });

const EVENT_KEYS: ReadonlySet<string> = new Set(["sequence", "recordedAt", "event", "context"]);

/** Milliseconds in UTC: the one spelling of a time that is stored. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

const eventProblem = (
  model: EntityModel,
  given: unknown,
  sequence: number,
  checks: ImportChecks,
): string | undefined => {
  if (!isObject(given)) return "is no object";
  const unknown = Object.keys(given).find((key) => !EVENT_KEYS.has(key));
  if (unknown !== undefined) return "has something beside sequence, recordedAt, event and context";
  if (given.sequence !== sequence) return `its sequence is not ${sequence}`;
  const { recordedAt, event, context = null } = given;
  const isTime =
    typeof recordedAt === "string" &&
    TIME.test(recordedAt) &&
    !Number.isNaN(Date.parse(recordedAt));
  if (!isTime) return "recordedAt is no time such as 2026-03-01T12:00:00.000Z";
  if (!isObject(event)) return "its event is no object";
  if (context !== null && !isObject(context)) return "its context is neither an object nor null";
  return jsonProblem(event, context) ?? bodyProblem(model, event, checks);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value);

const jsonProblem = (event: object, context: object | null): string | undefined => {
  try {
    toJson(event);
    toJson(context);
    return undefined;
  } catch (error) {
    if (error instanceof NotJsonError) return describeIssues([error.issue]);
    throw error;
  }
};

/**
 * Fields that the version in which the event is stored has not. Everything else about a body is the
 * fold's to find.
 */
const bodyProblem = (
  model: EntityModel,
  { type, v, [PARENT]: _parent, ...payload }: Record<string, unknown>,
  { keepUnknownFields }: ImportChecks,
): string | undefined => {
  const codec = typeof type === "string" ? codecOf(model, type, v) : undefined;
  if (keepUnknownFields || codec === undefined) return undefined;
  const decoded = codec.decode(payload);
  if (!decoded.ok) return undefined;
  const encoded = codec.encode(decoded.result);
  if (!encoded.ok) return describeIssues(encoded.issues);
  const path = findLostKey(payload, encoded.result.stored);
  return path && describeIssues([{ path, message: "is not a field of the event" }]);
};

const codecOf = (model: EntityModel, type: string, v: unknown): PayloadCodec | undefined => {
  const { older, newest } = model.storedTypes.get(type) ?? { older: [], newest: type };
  const version = typeof v === "number" ? v : 1;
  const old = older[version - 1]?.codec;
  return old ?? (newest === undefined ? undefined : model.events.get(newest)?.codec);
};
