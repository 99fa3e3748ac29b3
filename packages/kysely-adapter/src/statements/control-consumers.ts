import { statement } from "../connection/statement.ts";

/** Lists consumers with their slots. Parameters: none. Locks: none. */
export const listConsumers = statement(
  "list_consumers",
  `select c.name, to_json(c.topics) as topics,
  case when c.paused_at is not null then coalesce(c.paused_because, 'paused') end as paused_because,
  (select count(*)::int from annals.held_keys h where h.consumer = c.name) as held_keys,
  (select count(*)::int from annals.dead_letters d where d.consumer = c.name and d.status = 'dead') as dead_letters,
  (select json_agg(json_build_object('slot', k.slot, 'position', k.position, 'owner', s.owner,
      'pausedBecause', case when s.paused_at is not null then coalesce(s.paused_because, 'paused') end)
      order by k.slot)
    from annals.checkpoints k left join annals.slots s on s.consumer = k.consumer and s.slot = k.slot
    where k.consumer = c.name) as slots
from annals.consumers c
order by c.name`,
);

export interface ConsumerRow {
  readonly name: string;
  readonly topics: readonly string[];
  readonly paused_because: string | null;
  readonly held_keys: number;
  readonly dead_letters: number;
  readonly slots: readonly {
    readonly slot: number;
    readonly position: number | string;
    readonly owner: string | null;
    readonly pausedBecause: string | null;
  }[];
}

/** Parameters: $1 name, $2 because. Locks: the consumer's row. Relies on: consumers_pkey. */
export const pauseConsumer = statement(
  "pause_consumer",
  `update annals.consumers set paused_at = clock_timestamp(), paused_because = $2::text
where name = $1 returning name`,
);

/** Parameters: $1 name. Locks: the rows of the consumer and its slots. Relies on: slots_pkey. */
export const resumeConsumer = statement(
  "resume_consumer",
  `with slots as (
  update annals.slots
  set paused_at = null, paused_because = null, failed_position = null, failed_topic = null, failed_key = null,
    failed_attempts = null, failed_code = null, failed_message = null
  where consumer = $1 and paused_at is not null
)
update annals.consumers set paused_at = null, paused_because = null where name = $1 returning name`,
);

/**
 * Sets all checkpoints to a position, and takes every lease away, so that nothing in hand commits.
 * Parameters: $1 name, $2 position. Locks: the rows of the consumer, its slots and checkpoints, and those of
 * whatever it holds. Relies on: checkpoints_pkey, slots_pkey, held_keys_pkey, dead_letters_event_key.
 */
export const resetConsumer = statement(
  "reset_consumer",
  `with checkpoints as (
  update annals.checkpoints set position = $2::bigint, epoch = epoch + 1, moved_at = clock_timestamp()
  where consumer = $1
), slots as (
  update annals.slots set epoch = epoch + 1, owner = null, leased_until = null, losses = 0, suspect = null
  where consumer = $1
), held as (
  delete from annals.held_keys where consumer = $1
), letters as (
  update annals.dead_letters
  set status = 'discarded', reason = 'The consumer was reset', retry_at = null, resolved_at = clock_timestamp()
  where consumer = $1 and status in ('retrying', 'waiting', 'dead', 'redrive')
)
update annals.consumers set version = version + 1 where name = $1 returning name`,
);

/** Parameters: $1 name, $2 slots. Locks: the consumer's row. */
export const resizeConsumer = statement(
  "resize_consumer",
  `update annals.consumers
set slots_wanted = $2::int,
  drain_to = (select max(position) from annals.checkpoints where consumer = $1)
where name = $1 returning name`,
);

/** Parameters: $1 name, $2 the new one. Locks: the consumer's row and all that refer to it. */
export const renameConsumer = statement(
  "rename_consumer",
  "update annals.consumers set name = $2::text where name = $1 returning name",
);

/** Parameters: $1 name. Locks: the consumer's row and all that refer to it. */
export const removeCheckpoints = statement(
  "remove_checkpoints",
  "delete from annals.checkpoints where consumer = $1",
);

/** After its checkpoints. Parameters: $1 name. Locks: the consumer's row and all that refer to it. */
export const removeConsumer = statement(
  "remove_consumer",
  "delete from annals.consumers where name = $1 returning name",
);
