import { statement, unprepared } from "../connection/statement.ts";

/**
 * Keeps others from making or dropping copies of the same projection. Parameters: $1 name.
 * Locks: an advisory one, to the transaction's end; appends and consumers never ask for it.
 */
export const lockProjection = unprepared(
  "lock_projection",
  "select pg_advisory_xact_lock(hashtextextended('annals.projection ' || $1::text, 0))",
);

/**
 * Keeps the number of slots of consumers as it is. Parameters: $1 names. Locks: the consumers' rows; taken
 * before those of their checkpoints, as by all others that take both.
 */
export const lockConsumers = unprepared(
  "lock_consumers",
  "select name from annals.consumers where name = any ($1::text[]) order by name for no key update",
);

/**
 * The checkpoints of consumers, which stay where they are until the transaction ends. Parameters: $1 names.
 * Locks: their rows.
 */
export const lockCheckpoints = unprepared(
  "lock_checkpoints",
  `select consumer, position, epoch, moves from annals.checkpoints
where consumer = any ($1::text[])
order by consumer, slot
for update`,
);

export interface LockedCheckpointRow {
  readonly consumer: string;
  readonly position: number | string;
  readonly epoch: number | string;
  readonly moves: number | string;
}

/**
 * Puts all slots of a consumer at one position, under new leases: who has one from before can move nothing
 * any more. Failures from before are over, since everything up to the position is handled, or begins again.
 * Parameters: $1 consumer, $2 position. Locks: its rows.
 */
export const placeConsumer = unprepared(
  "place_consumer",
  `with highest as (
  select max(epoch) + 1 as epoch from annals.slots where consumer = $1
), held as (
  delete from annals.held_keys where consumer = $1
), letters as (
  delete from annals.dead_letters
  where consumer = $1 and status in ('retrying', 'waiting', 'dead', 'redrive')
), slots as (
  update annals.slots s
  set epoch = h.epoch, owner = null, leased_until = null, losses = 0, suspect = null, paused_at = null,
    paused_because = null, failed_position = null, failed_topic = null, failed_key = null,
    failed_attempts = null, failed_code = null, failed_message = null, retry_at = null
  from highest h where s.consumer = $1
), consumer as (
  update annals.consumers
  set version = version + 1, drain_to = case when drain_to is null then null else $2::bigint end
  where name = $1
)
update annals.checkpoints k
set position = $2::bigint, epoch = h.epoch, moved_at = clock_timestamp()
from highest h where k.consumer = $1`,
);

/** Forgets the checkpoints of a consumer; its row follows. Parameters: $1 name. Locks: the rows. */
export const forgetCheckpoints = unprepared(
  "forget_checkpoints",
  "delete from annals.checkpoints where consumer = $1",
);

/** Forgets a consumer without checkpoints. Parameters: $1 name. Locks: its rows. */
export const forgetConsumer = unprepared(
  "forget_consumer",
  "delete from annals.consumers where name = $1",
);

/**
 * How far consumers have come, the slowest and the furthest slot of each. Parameters: $1 names.
 * Locks: none. Relies on: checkpoints_pkey.
 */
export const readPlaces = statement(
  "read_places",
  `select c.name, min(k.position) as position, max(k.position) as furthest,
  to_json(c.registered_at) #>> '{}' as registered_at
from annals.consumers c join annals.checkpoints k on k.consumer = c.name
where c.name = any ($1::text[])
group by c.name`,
);

export interface PlaceRow {
  readonly name: string;
  readonly position: number | string;
  readonly furthest: number | string;
  readonly registered_at: string;
}

/** The last position that was given out. Parameters: none. Locks: none. */
export const lastGivenOut = unprepared(
  "last_given_out",
  "select case when is_called then last_value else 0 end as last from annals.position",
);

export interface LastGivenOutRow {
  readonly last: number | string;
}
