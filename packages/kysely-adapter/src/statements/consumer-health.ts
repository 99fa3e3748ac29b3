import type { TopicPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify, quoteText } from "../tables/quote.ts";

/**
 * How the slots of consumers stand. Parameters: $1 consumer, or NULL for all. Locks: none; reads a bounded
 * number of events. Relies on: user_events_position_key.
 */
export const readLag = statement(
  "read_lag",
  `select l.consumer, l.slot, l.condition, l.because, l.position, l.events_behind, l.is_estimate,
  extract(epoch from clock_timestamp() - l.oldest_unhandled_at)::float8 * 1000 as oldest_ms, l.owner, l.held_keys,
  l.failing_position, l.failing_topic, l.failing_key, l.failing_type, l.failing_status, l.failing_attempts,
  l.failing_class, l.failing_code, l.failing_message
from annals.consumer_lag($1::text) l`,
);

export interface LagRow {
  readonly consumer: string;
  readonly slot: number;
  readonly condition: string;
  readonly because: string | null;
  readonly position: number | string;
  readonly events_behind: number | string;
  readonly is_estimate: boolean;
  readonly oldest_ms: number | string | null;
  readonly owner: string | null;
  readonly held_keys: number;
  readonly failing_position: number | string | null;
  readonly failing_topic: string;
  readonly failing_key: string;
  readonly failing_type: string | null;
  readonly failing_status: string;
  readonly failing_attempts: number;
  readonly failing_class: string | null;
  readonly failing_code: string | null;
  readonly failing_message: string | null;
}

/**
 * The open transactions that hold newest events back, of all consumers or of one.
 * Parameters: $1 consumer, or NULL for all. Locks: none (pg_locks takes each lock partition's for a moment).
 */
export const readOpenWriters = statement(
  "read_open_writers",
  `select c.name as consumer, w.pid, w.prepared,
  extract(epoch from clock_timestamp() - w.started_at)::float8 * 1000 as open_ms, w.state, w.application_name,
  to_json(w.waits_for) as waits_for
from annals.consumers c cross join lateral annals.open_writers(c.name) w
where $1::text is null or c.name = $1::text
order by w.started_at`,
);

export interface OpenWriterRow {
  readonly consumer: string;
  readonly pid: number | null;
  readonly prepared: string | null;
  readonly open_ms: number | string | null;
  readonly state: string | null;
  readonly application_name: string | null;
  readonly waits_for: readonly number[];
}

/**
 * Whether everything up to a position is handled. Parameters: $1 consumer, $2 position. Locks: none.
 * Relies on: checkpoints_pkey, held_keys_pkey.
 */
export const readPositionReached = statement(
  "read_position_reached",
  `select coalesce(min(k.position) >= $2::bigint, false) and coalesce(
  (select min(h.position) from annals.held_keys h where h.consumer = $1) >= $2::bigint, true
) as reached
from annals.checkpoints k where k.consumer = $1
having count(*) > 0`,
);

/**
 * Whether an entity is handled up to a version: nothing of it that the consumer reads is beyond its slot's
 * checkpoint, or held. No row: there is no such consumer, or it does not follow the topic.
 * Parameters: $1 consumer, $2 id, $3 version. Locks: none.
 * Relies on: user_events_id_sequence_key, checkpoints_pkey, held_keys_pkey.
 */
export const readEntityReached = (
  schema: string,
  { name, eventsTable }: Pick<TopicPlan, "name" | "eventsTable">,
): Statement => {
  const events = qualify(schema, eventsTable);
  return statement(
    `read_reached_${name}`,
    `select coalesce(last.position <= k.position or not exists (
    select from ${events} e
    where e.id = $2::uuid and e.sequence <= $3::int and e.position > k.position
      and not exists (
        select from jsonb_array_elements_text(t.topic -> 'passedOver') p where p = e.event_type)
  ), false) and last.position is not null and not exists (
  select from annals.held_keys h
  where h.consumer = $1 and h.topic = ${quoteText(name)} and h.key = $2::text and h.position < last.position
) as reached
from annals.consumers c
join annals.checkpoints k on k.consumer = c.name and k.slot = annals.bucket($2::text) * c.slots / 1024
cross join lateral (
  select topic from jsonb_array_elements(c.follows -> 'topics') topic
  where topic ->> 'table' = ${quoteText(events)}
) t
left join lateral (
  select e.position from ${events} e where e.id = $2::uuid and e.sequence = $3::int
) last on true
where c.name = $1`,
  );
};

export interface ReachedRow {
  readonly reached: boolean;
}
