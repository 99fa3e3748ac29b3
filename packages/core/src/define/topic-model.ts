import { type $ZodObject, util } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { TopicEventModel } from "./any-topic.ts";
import { isBinary } from "./binary.ts";
import { erasurePlan, type UntypedErasure } from "./erasure.ts";
import { checkEventNames, checkPayload } from "./event-checks.ts";
import {
  allTypes,
  newestVersion,
  type StoredTypes,
  storedTypes,
  type VersionSource,
} from "./event-versions.ts";
import { checkIdentifier, snakeCase } from "./names.ts";
import { payloadCodec } from "./payload-codec.ts";
import type { CompactionPlan, PublishedPlan, RetentionPlan } from "./published-plan.ts";
import { type Span, spanMs } from "./span.ts";
import type { PublishedModel } from "./topic-definition.ts";

/** A topic's definition as it is at run time, where types no longer help. */
export interface UntypedTopicLiteral extends VersionSource {
  readonly key?: (event: never) => unknown;
  readonly partitions?: { readonly span?: Span; readonly events?: number };
  readonly retention?: { readonly age?: Span; readonly events?: number; readonly bytes?: number };
  readonly compaction?: boolean | { readonly deletedBy: readonly string[] };
  readonly deduplication?: Span;
  readonly erasure?: UntypedErasure;
}

const PARTITION_EVENTS = 1_000_000;
const DAY: Span = { days: 1 };

/** Checks a topic's definition and builds its engine. */
export const buildTopicModel = (literal: UntypedTopicLiteral): PublishedModel => {
  const { name } = literal;
  checkName(name);
  const types = Object.keys(literal.events);
  if (types.length === 0) {
    throw new InvalidDefinitionError(name, "it declares no event", "Declare at least one.");
  }
  checkEventNames(name, types);
  const stored = storedTypes(literal);
  const events = new Map(types.map((type) => [type, eventModel(literal, type, stored)]));
  return Object.freeze({
    plan: buildPlan(literal, types, stored),
    keyOf: literal.key,
    storedTypes: stored,
    erasure: erasurePlan(literal, stored, "topic"),
    events,
  });
};

const checkName = (name: unknown): void => {
  if (typeof name === "string" && /^[a-z][A-Za-z0-9]*$/.test(name)) return;
  throw new InvalidDefinitionError(
    String(name),
    "the topic's name is not a plain word",
    'Use letters and digits with a small letter first: "orderFeed".',
  );
};

/** What is binary is taken out of the payload's schema, and the rest stored as every event is. */
const eventModel = (
  { name, events }: UntypedTopicLiteral,
  type: string,
  stored: StoredTypes,
): TopicEventModel => {
  const schema = events[type];
  const shape = schema?._zod?.def?.shape ?? {};
  const fields = Object.keys(shape).filter((field) => isBinary(shape[field] as object));
  const [bytesField, second] = fields;
  if (second !== undefined) {
    throw new InvalidDefinitionError(
      name,
      `the event "${type}" has two binary fields, "${bytesField}" and "${second}"`,
      "Keep one, or publish two events.",
    );
  }
  const version = newestVersion(stored, type);
  if (bytesField !== undefined && version > 1) {
    throw new InvalidDefinitionError(
      name,
      `the event "${type}" has binary data, and older versions`,
      "Publish what is new as an event of another name.",
    );
  }
  const json = bytesField === undefined ? schema : withoutField(name, type, schema, bytesField);
  checkPayload(name, type, json as $ZodObject);
  return { codec: payloadCodec(json as $ZodObject), version, bytesField };
};

const withoutField = (
  name: string,
  type: string,
  schema: $ZodObject | undefined,
  field: string,
): $ZodObject => {
  const { def } = (schema as $ZodObject)._zod;
  if (def.checks !== undefined && def.checks.length > 0) {
    throw new InvalidDefinitionError(
      name,
      `the event "${type}" has binary data and a check over the whole payload`,
      "Check single fields, or check before you publish.",
    );
  }
  const { [field]: _binary, ...shape } = def.shape;
  return util.clone(schema as $ZodObject, { ...def, shape });
};

const buildPlan = (
  literal: UntypedTopicLiteral,
  types: readonly string[],
  stored: StoredTypes,
): PublishedPlan => {
  const { name, partitions = {} } = literal;
  const base = snakeCase(name);
  const eventsTable = `${base}_events`;
  // The longest name that is derived from the events table.
  checkIdentifier(name, `${eventsTable}_p1000000_recorded_at_idx`);
  return Object.freeze({
    kind: "topic",
    name,
    eventsTable,
    eventTypes: allTypes(literal.events, stored),
    partitions: {
      spanMs: checkSpan(name, "partitions.span", partitions.span ?? DAY),
      events: checkCount(name, "partitions.events", partitions.events ?? PARTITION_EVENTS),
    },
    retention: retentionPlan(literal),
    compaction: compactionPlan(literal, base, types),
    deduplicationMs: checkSpan(name, "deduplication", literal.deduplication ?? DAY),
  });
};

const retentionPlan = ({ name, retention }: UntypedTopicLiteral): RetentionPlan | undefined => {
  if (retention === undefined) return undefined;
  const { age, events, bytes } = retention;
  if (age === undefined && events === undefined && bytes === undefined) {
    throw new InvalidDefinitionError(
      name,
      "its retention says no limit",
      "Give an age, a number of events or of bytes; leave retention out to keep everything.",
    );
  }
  return {
    ageMs: age && checkSpan(name, "retention.age", age),
    events: events === undefined ? undefined : checkCount(name, "retention.events", events),
    bytes: bytes === undefined ? undefined : checkCount(name, "retention.bytes", bytes),
  };
};

const compactionPlan = (
  { name, compaction = false }: UntypedTopicLiteral,
  base: string,
  types: readonly string[],
): CompactionPlan | undefined => {
  if (compaction === false) return undefined;
  const deletedBy = compaction === true ? [] : compaction.deletedBy;
  const unknown = deletedBy.find((type) => !types.includes(type));
  if (unknown !== undefined) {
    throw new InvalidDefinitionError(
      name,
      `compaction.deletedBy names "${unknown}", which is no event of this topic`,
      `Its events are ${types.join(", ")}.`,
    );
  }
  return { latestView: `${base}_latest`, latestTable: `${base}_compacted`, deletedBy };
};

const checkSpan = (name: string, where: string, span: Span): number => {
  const ms = spanMs(span);
  if (ms !== undefined) return ms;
  throw new InvalidDefinitionError(
    name,
    `${where} is no length of time`,
    "Give days, hours, minutes or seconds as numbers above 0, for example { days: 7 }.",
  );
};

const checkCount = (name: string, where: string, count: number): number => {
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidDefinitionError(
    name,
    `${where} is not a whole number above 0`,
    "Give a whole number.",
  );
};
