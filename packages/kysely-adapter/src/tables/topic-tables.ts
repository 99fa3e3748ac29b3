import type { AnyPublishedTopic } from "@annals/core";
import type { PublishedPlan } from "@annals/core/adapter";
import { topicIdentity } from "../connection/schema-name.ts";
import type { EntityTablesOptions } from "./entity-tables.ts";
import { publishFunction } from "./publish-function.ts";
import { qualify, quoteName, quoteText } from "./quote.ts";
import {
  addPartition,
  immutableTable,
  partitionSequence,
  type TopicNames,
} from "./topic-partition.ts";

/**
 * The statements that create the tables of a topic of its own, with its first two partitions, its guards
 * and the function that publishes. None depends on the session's search path.
 */
export const topicTables = (
  { plan }: AnyPublishedTopic,
  { schema = "public" }: EntityTablesOptions = {},
): readonly string[] => {
  const names: TopicNames = { schema, events: plan.eventsTable };
  const topic = topicIdentity(schema, plan);
  return [
    ...topicStructure(plan, schema, topic),
    `insert into annals.topics (name) values (${quoteText(topic)})`,
    commented(
      "The partition that takes events, and the next one.",
      `insert into annals.topic_partitions (topic, partition) values (${quoteText(topic)}, 1), (${quoteText(topic)}, 2)`,
    ),
    ...addPartition(names, 1),
    ...addPartition(names, 2),
  ];
};

/** What a topic is made of in its own schema, without its partitions and the rows that register it. */
export const topicStructure = (
  plan: PublishedPlan,
  schema: string,
  topic: string,
): readonly string[] => {
  const names: TopicNames = { schema, events: plan.eventsTable };
  const sequence = partitionSequence(names);
  return [
    commented(
      `The number of the partition of "${plan.name}" that takes new events. Read outside of any snapshot, so that closing a partition holds for all at once.`,
      `create sequence ${sequence} as integer minvalue 1 cache 1 no cycle`,
    ),
    `select setval(${quoteText(sequence)}, 1)`,
    eventsTable(plan, names),
    commented(
      "Finds the position to start from at a given time; a few pages for any number of events.",
      `create index ${quoteName(`${plan.eventsTable}_recorded_at_idx`)} on ${qualify(schema, plan.eventsTable)} using brin (recorded_at)`,
    ),
    commented("Events are never changed, whoever asks.", immutableTable(schema, plan.eventsTable)),
    ...latestTable(plan, schema),
    topicPublisher(plan, schema, topic),
  ];
};

/** The function that publishes to a topic, which changes with what the topic keeps. */
export const topicPublisher = (plan: PublishedPlan, schema: string, topic: string): string =>
  commented(
    "Publishes events, once for each deduplication key.",
    publishFunction(schema, plan, topic),
  );

/** `topicTables` as one text, to commit as a migration for any tool. */
export const topicTablesSql = (
  definition: AnyPublishedTopic,
  options: EntityTablesOptions = {},
): string => `${topicTables(definition, options).join(";\n\n")};\n`;

const commented = (comment: string, sql: string): string => `-- ${comment}\n${sql}`;

const eventsTable = (plan: PublishedPlan, names: TopicNames): string => {
  const { eventsTable: events } = plan;
  const lines = [
    '"key" text collate "C" not null',
    '"event_type" varchar not null',
    '"event" jsonb not null',
    `"headers" jsonb not null default '{}'`,
    '"bytes" bytea default null',
    '"context" jsonb default null',
    '"recorded_at" timestamptz(3) not null',
    `"position" bigint not null default nextval('annals.position')`,
    '"event_version" smallint not null default 1',
    // Read when the row is inserted, after the statement has locked the table.
    `"partition" integer not null default pg_catalog.pg_sequence_last_value(${quoteText(partitionSequence(names))}::regclass)::integer`,
    `constraint ${quoteName(`${events}_position_key`)} unique ("position", "partition")`,
    `constraint ${quoteName(`${events}_key_check`)} check ("key" <> '')`,
    // Reads take the event column alone, so it must say what the other columns say.
    `constraint ${quoteName(`${events}_event_check`)} check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )`,
  ];
  return commented(
    `The events of the topic "${plan.name}". event is {"type", "v", …payload}, with v above 1 only. Partitions go by time, the oldest first.`,
    `create table ${qualify(names.schema, events)} (\n  ${lines.join(",\n  ")}\n) partition by list ("partition")`,
  );
};

/** What keeps the latest event of every key, for topics that ask for it. */
export const latestTable = (
  { name, compaction }: PublishedPlan,
  schema: string,
): readonly string[] => {
  if (compaction === undefined) return [];
  const table = qualify(schema, compaction.latestTable);
  const lines = [
    '"key" text collate "C" not null',
    '"position" bigint not null',
    '"event_type" varchar not null',
    '"event" jsonb not null',
    '"headers" jsonb not null',
    '"bytes" bytea',
    '"context" jsonb',
    '"recorded_at" timestamptz(3) not null',
    '"deleted" boolean not null',
    `constraint ${quoteName(`${compaction.latestTable}_pkey`)} primary key ("key")`,
  ];
  return [
    commented(
      `The latest event of every key of "${name}". A deleted key stays until no older event can come any more.`,
      `create table ${table} (\n  ${lines.join(",\n  ")}\n) with (fillfactor = 80)`,
    ),
    commented(
      "Finds the deleted keys that maintenance forgets.",
      `create index ${quoteName(`${compaction.latestTable}_deleted_idx`)} on ${table} ("position") where "deleted"`,
    ),
    commented(
      "The keys that there are, with their latest events.",
      `create view ${qualify(schema, compaction.latestView)} as
select "key", "position", "event_type", "event", "headers", "bytes", "context", "recorded_at"
from ${table} where not "deleted"`,
    ),
  ];
};
