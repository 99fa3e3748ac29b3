import type { TopicPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify } from "../tables/quote.ts";
import { topicColumns } from "./topic-columns.ts";

/**
 * Writes dead letters, or what has become of them, and has keys wait for them.
 * Parameters: $1 consumer, $2 a JSON list. Locks: the rows. Relies on: dead_letters_event_key, held_keys_pkey.
 */
export const writeLetters = statement(
  "write_letters",
  `with given as (
  select * from json_to_recordset($2::json) as g (
    topic text, key text, sequence int, "position" bigint, event_type text, event_version int, status text, attempts int,
    error_class text, error_code text, error_message text, retry_ms double precision, reason text,
    hold_position bigint, hold_sequence int)
), written as (
  insert into annals.dead_letters (consumer, topic, key, sequence, position, event_type, event_version, status, attempts,
    error_class, error_code, error_message, retry_at, reason, resolved_at)
  select $1, topic, key, sequence, "position", event_type, event_version, status, attempts,
    error_class, error_code, error_message, clock_timestamp() + retry_ms * interval '1 millisecond', reason,
    case when status = 'discarded' then clock_timestamp() end
  from given
  on conflict (consumer, position) do update
  set status = excluded.status, attempts = excluded.attempts, error_class = excluded.error_class,
    error_code = excluded.error_code, error_message = excluded.error_message,
    last_failed_at = clock_timestamp(), retry_at = excluded.retry_at, reason = excluded.reason,
    resolved_at = excluded.resolved_at
  returning id, position
)
insert into annals.held_keys (consumer, topic, key, position, sequence, dead_letter)
select $1, g.topic, g.key, g.hold_position, g.hold_sequence, w.id
from given g join written w on w.position = g."position"
where g.hold_position is not null
on conflict (consumer, topic, key) do update
set position = excluded.position, sequence = excluded.sequence, dead_letter = excluded.dead_letter`,
);

/**
 * Settles a dead letter. Parameters: $1 consumer, $2 position, $3 status. Locks: its row.
 * Relies on: dead_letters_event_key.
 */
export const settleLetter = statement(
  "settle_letter",
  `update annals.dead_letters set status = $3, retry_at = null, resolved_at = clock_timestamp()
where consumer = $1 and position = $2::bigint`,
);

/**
 * Notes how far a held key is handled. Parameters: $1 consumer, $2 topic, $3 key, $4 position, $5 sequence.
 * Locks: its row. Relies on: held_keys_pkey.
 */
export const moveHeldKey = statement(
  "move_held_key",
  `update annals.held_keys set position = $4::bigint, sequence = $5::int
where consumer = $1 and topic = $2 and key = $3`,
);

/** Lifts a hold. Parameters: $1 consumer, $2 topic, $3 key. Locks: its row. Relies on: held_keys_pkey. */
export const liftHeldKey = statement(
  "lift_held_key",
  "delete from annals.held_keys where consumer = $1 and topic = $2 and key = $3",
);

const OPEN_LETTER = `'topic', d.topic, 'key', d.key, 'position', d.position, 'sequence', d.sequence,
      'eventType', d.event_type, 'eventVersion', d.event_version, 'status', d.status, 'attempts', d.attempts,
      'dueInMs', extract(epoch from d.retry_at - clock_timestamp()) * 1000`;

/**
 * What is held in some slots, and which letters somebody wants tried again although they hold nothing.
 * Parameters: $1 consumer, $2 slots, $3 how many there are. Locks: none.
 * Relies on: held_keys_pkey, dead_letters_pkey, dead_letters_open_idx.
 */
export const readTrouble = statement(
  "read_trouble",
  `select
  (select coalesce(json_agg(json_build_object(
      'place', json_build_object('topic', h.topic, 'key', h.key, 'position', h.position, 'sequence', h.sequence),
      'letter', json_build_object(${OPEN_LETTER})) order by h.position), '[]')
    from annals.held_keys h join annals.dead_letters d on d.id = h.dead_letter
    where h.consumer = $1 and h.bucket * $3::int / 1024 = any ($2::int[])) as holds,
  (select coalesce(json_agg(json_build_object(${OPEN_LETTER}) order by d.position), '[]')
    from annals.dead_letters d
    where d.consumer = $1 and d.status = 'redrive'
      and annals.bucket(d.key) * $3::int / 1024 = any ($2::int[])
      and not exists (
        select from annals.held_keys h where h.consumer = $1 and h.dead_letter = d.id)) as redrives`,
);

/**
 * Reads the next events of one entity or key. Parameters: $1 key, $2 after position, $3 after sequence,
 * $4 up to, $5 limit, $6 event types to pass over. Locks: none. Relies on: user_events_id_sequence_key.
 */
export const readKey = (
  schema: string,
  plan: TopicPlan,
  plans: readonly TopicPlan[],
): Statement => {
  const [key, after, order] =
    plan.kind === "entity"
      ? ["id = $1::uuid", "sequence > $3::int and $2::bigint is not null", "sequence"]
      : ["key = $1::text", "position > $2::bigint and $3::int is not null", "position"];
  return statement(
    `read_key_${plan.name}`,
    `select ${topicColumns(schema, plan, plans)}
from ${qualify(schema, plan.eventsTable)}
where ${key} and ${after} and position <= $4::bigint and event_type <> all ($6::text[])
order by ${order}
limit $5::int`,
  );
};

/**
 * Notes which event is about to be handled alone. Parameters: $1 consumer, $2 slot, $3 epoch, $4 position.
 * Locks: the slot's row. Relies on: slots_pkey.
 */
export const suspectEvent = statement(
  "suspect_event",
  "update annals.slots set suspect = $4::bigint where consumer = $1 and slot = $2::int and epoch = $3::bigint",
);

/**
 * Pauses a slot. Parameters: $1 consumer, $2 slot, $3 because, $4 position, $5 topic, $6 key, $7 attempts,
 * $8 code, $9 message. Locks: the slot's row, and the consumer's, whose version rises. Relies on: slots_pkey.
 */
export const pauseSlot = statement(
  "pause_slot",
  `update annals.slots
set paused_at = clock_timestamp(), paused_because = $3, failed_position = $4::bigint, failed_topic = $5,
  failed_key = $6, failed_attempts = $7::int, failed_code = $8, failed_message = $9
where consumer = $1 and slot = $2::int`,
);
