import { type Statement, unprepared } from "../connection/statement.ts";
import { qualify, quoteText } from "../tables/quote.ts";
import { partitionSequence, partitionTable, type TopicNames } from "../tables/topic-partition.ts";

// What maintenance reads and writes about the partitions of a topic. It runs rarely, so that none of it
// is worth a prepared statement on every connection. $1 is the topic in all of them.

/** Takes the topic to maintain it, for as long as a run may take. Returns nothing when it is taken. */
export const claimTopic = unprepared(
  "claim_topic",
  `update annals.topics set maintained_until = clock_timestamp() + interval '5 minutes'
where name = $1 and maintained_until <= clock_timestamp()
returning name`,
);

export const releaseTopic = unprepared(
  "release_topic",
  "update annals.topics set maintained_until = '-infinity' where name = $1",
);

/** Lists the partitions, the oldest first. Locks: AccessShare on each of them for a moment. */
export const listPartitions = (names: TopicNames): Statement =>
  unprepared(
    "list_partitions",
    `select p.partition, p.sealed_at is not null as sealed, p.events, p.first_position, p.last_position,
  extract(epoch from clock_timestamp() - p.closed_at)::float8 * 1000 as closed_for_ms,
  pg_catalog.pg_total_relation_size(to_regclass(format('%I.%I', ${quoteText(names.schema)}, ${quoteText(`${names.events}_p`)} || p.partition))) as bytes,
  pg_catalog.pg_sequence_last_value(${quoteText(partitionSequence(names))}::regclass)::integer as current
from annals.topic_partitions p
where p.topic = $1
order by p.partition`,
  );

export interface PartitionRow {
  readonly partition: number;
  readonly sealed: boolean;
  readonly events: number | string | null;
  readonly first_position: number | string | null;
  readonly last_position: number | string | null;
  readonly closed_for_ms: number | string | null;
  readonly bytes: number | string | null;
  readonly current: number;
}

/**
 * The last position in a partition as it is now. Somebody may insert into a closed one by naming it, whatever
 * was noted when it was sealed.
 */
export const lastInPartition = (names: TopicNames, partition: number): Statement =>
  unprepared(
    "last_in_partition",
    `select max(position) as position from ${qualify(names.schema, partitionTable(names, partition))}`,
  );

/** How full a partition is: events, up to $1 of them, and the age of the first. */
export const partitionLoad = (names: TopicNames, partition: number): Statement =>
  unprepared(
    "partition_load",
    `select count(*) as events,
  extract(epoch from clock_timestamp() - (array_agg(e.recorded_at order by e.position))[1])::float8 * 1000 as age_ms
from (
  select position, recorded_at from ${qualify(names.schema, partitionTable(names, partition))}
  order by position
  limit $1::bigint
) e`,
  );

export interface LoadRow {
  readonly events: number | string;
  readonly age_ms: number | string | null;
}

export const registerPartition = unprepared(
  "register_partition",
  "insert into annals.topic_partitions (topic, partition) values ($1, $2)",
);

/**
 * Sends new events to the next partition. Outside of any transaction: a sequence is, so that every
 * statement which begins to insert from now on reads the new number.
 */
export const openPartition = (names: TopicNames): Statement =>
  unprepared(
    "open_partition",
    `select pg_catalog.setval(${quoteText(partitionSequence(names))}::regclass, $1::bigint)`,
  );

/** Notes when partitions were closed; also those of a run that ended in between. */
export const notePartitionsClosed = (names: TopicNames): Statement =>
  unprepared(
    "note_partitions_closed",
    `update annals.topic_partitions set closed_at = clock_timestamp()
where topic = $1 and closed_at is null
  and partition < pg_catalog.pg_sequence_last_value(${quoteText(partitionSequence(names))}::regclass)`,
  );

/** Notes what a partition holds, once nobody can add to it. $2 is its number. */
export const sealPartition = (names: TopicNames, partition: number): Statement =>
  unprepared(
    "seal_partition",
    `update annals.topic_partitions p
set sealed_at = clock_timestamp(), events = s.events, first_position = s.first_position,
  last_position = s.last_position, first_recorded_at = s.first_at, last_recorded_at = s.last_at
from (
  select count(*) as events, min(position) as first_position, max(position) as last_position,
    min(recorded_at) as first_at, max(recorded_at) as last_at
  from ${qualify(names.schema, partitionTable(names, partition))}
) s
where p.topic = $1 and p.partition = $2 and p.sealed_at is null`,
  );
