import { type Statement, unprepared } from "../connection/statement.ts";
import { qualify, quoteText } from "../tables/quote.ts";
import { partitionTable, type TopicNames } from "../tables/topic-partition.ts";

// How maintenance drops partitions and forgets what is over. $1 is the topic in all that have parameters.

/**
 * The consumers that follow a topic, and up to where each of them needs nothing of it any more: its lowest
 * checkpoint, or further back the first event that it has failed on and may try again, or that waits for
 * such a one. $2 is the topic as events bear it.
 */
export const topicFollowers = unprepared(
  "topic_followers",
  `select c.name as consumer, least(
  (select min(p.position) from annals.checkpoints p where p.consumer = c.name),
  (select min(d.position) - 1 from annals.dead_letters d
    where d.consumer = c.name and d.topic in ($1, $2)
      and d.status in ('retrying', 'waiting', 'dead', 'redrive')),
  (select min(h.position) from annals.held_keys h where h.consumer = c.name and h.topic in ($1, $2))
) as position
from annals.consumers c
where $1 = any (c.topics)
order by c.name`,
);

export interface FollowerRow {
  readonly consumer: string;
  readonly position: number | string;
}

/** Decides that a partition is dropped, $2, past the consumers $3, before anything of it goes. */
export const decideDrop = unprepared(
  "decide_drop",
  `insert into annals.topic_retention_log
  (topic, partition, events, first_position, last_position, first_recorded_at, last_recorded_at, passed_consumers)
select topic, partition, events, first_position, last_position, first_recorded_at, last_recorded_at, $3::jsonb
from annals.topic_partitions
where topic = $1 and partition = $2`,
);

/** Drops that were decided and not finished, and what is left of each partition. */
export const unfinishedDrops = (names: TopicNames): Statement =>
  unprepared(
    "unfinished_drops",
    `select d.partition, d.events, d.first_position, d.last_position, d.passed_consumers,
  t.oid is not null as exists, i.inhrelid is not null as attached,
  coalesce(i.inhdetachpending, false) as detaching
from annals.topic_retention_log d
left join pg_catalog.pg_class t
  on t.oid = to_regclass(format('%I.%I', ${quoteText(names.schema)}, ${quoteText(`${names.events}_p`)} || d.partition))
left join pg_catalog.pg_inherits i on i.inhrelid = t.oid
where d.topic = $1 and d.dropped_at is null
order by d.partition`,
  );

export interface UnfinishedDropRow {
  readonly partition: number;
  readonly events: number | string;
  readonly first_position: number | string | null;
  readonly last_position: number | string | null;
  readonly passed_consumers: Readonly<Record<string, number>>;
  readonly exists: boolean;
  readonly attached: boolean;
  readonly detaching: boolean;
}

/**
 * Takes a partition out of the topic. Waits for the transactions that use the topic now, and nobody waits
 * for it. Cannot run in a transaction; when it is interrupted, FINALIZE takes up where it was.
 */
export const detachPartition = (
  names: TopicNames,
  partition: number,
  how: "concurrently" | "finalize",
): Statement =>
  unprepared(
    "detach_partition",
    `alter table ${qualify(names.schema, names.events)} detach partition ${qualify(names.schema, partitionTable(names, partition))} ${how}`,
  );

/** Drops what was a partition, and nobody uses any more. */
export const dropPartition = (names: TopicNames, partition: number): Statement =>
  unprepared(
    "drop_partition",
    `drop table if exists ${qualify(names.schema, partitionTable(names, partition))}`,
  );

/** Notes that a drop, $2, is done. */
export const finishDrop = unprepared(
  "finish_drop",
  `with gone as (
  delete from annals.topic_partitions where topic = $1 and partition = $2
)
update annals.topic_retention_log set dropped_at = clock_timestamp()
where topic = $1 and partition = $2`,
);

/** Forgets deduplication keys whose window is over, a batch at a time. Relies on the index by time. */
export const forgetDeduplicationKeys = unprepared(
  "forget_deduplication_keys",
  `delete from annals.topic_deduplication_keys
where topic = $1 and key in (
  select key from annals.topic_deduplication_keys
  where topic = $1 and expires_at <= now()
  limit 10000
  for update skip locked
)
returning key`,
);

/** The position of the last key that was deleted, up to which deletions can be forgotten later. */
export const lastDeletion = (schema: string, latestTable: string): Statement =>
  unprepared(
    "last_deletion",
    `select max(position) as position from ${qualify(schema, latestTable)} where deleted`,
  );

/** Forgets keys that were deleted at $1 or before. */
export const forgetDeletions = (schema: string, latestTable: string): Statement =>
  unprepared(
    "forget_deletions",
    `delete from ${qualify(schema, latestTable)} where deleted and position <= $1::bigint`,
  );
