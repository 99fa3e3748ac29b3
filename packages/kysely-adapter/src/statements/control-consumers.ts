import { statement } from "../connection/statement.ts";

/** Lists consumers with their slots. Parameters: none. Locks: none. */
export const listConsumers = statement(
  "list_consumers",
  `select c.name, to_json(c.topics) as topics,
  case when c.paused_at is not null then coalesce(c.paused_because, 'paused') end as paused_because,
  (select count(*)::int from annals.held_keys h where h.consumer = c.name) as held_keys,
  (select count(*)::int from annals.dead_letters d where d.consumer = c.name and d.status = 'dead') as dead_letters,
  (select count(*)::int from annals.dead_letters d where d.consumer = c.name and d.status = 'waiting') as waiting_events,
  (select coalesce(json_agg(json_build_object('process', p.process, 'waitsBecause', p.waits_because) order by p.joined_at), '[]')
    from annals.consumer_processes p
    where p.consumer = c.name and p.alive_until >= clock_timestamp()) as processes,
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
  readonly waiting_events: number;
  readonly processes: readonly { readonly process: string; readonly waitsBecause: string | null }[];
  readonly slots: readonly {
    readonly slot: number;
    readonly position: number | string;
    readonly owner: string | null;
    readonly pausedBecause: string | null;
  }[];
}

/** Whether there is such a consumer. */
export interface DoneRow {
  readonly done: boolean;
}

/** Parameters: $1 name, $2 because. Locks: the consumer's row. Relies on: consumers_pkey. */
export const pauseConsumer = statement(
  "pause_consumer",
  "select annals.pause_consumer($1, $2) as done",
);

/** Parameters: $1 name. Locks: the rows of the consumer and its slots. Relies on: slots_pkey. */
export const resumeConsumer = statement(
  "resume_consumer",
  "select annals.resume_consumer($1) as done",
);

/**
 * Sets all checkpoints to a position, and takes every lease away, so that nothing in hand commits.
 * Parameters: $1 name, $2 position. Locks: the rows of the consumer, its slots and checkpoints, and those of
 * whatever it holds. Relies on: checkpoints_pkey, slots_pkey, held_keys_pkey, dead_letters_event_key.
 */
export const resetConsumer = statement(
  "reset_consumer",
  "select annals.reset_consumer($1, $2::bigint) as done",
);

/**
 * The same to now, or to a time. Parameters: $1 name, $2 the time or NULL, $3 how long to wait for writers, in
 * milliseconds. Gives no position when one of them is still open. Locks: as above, after the wait.
 */
export const resetConsumerToTime = statement(
  "reset_consumer_to_time",
  "call annals.reset_consumer_to_time($1, $2::timestamptz, $3::int, null)",
);

export interface ResetRow {
  readonly reset_to: number | string | null;
}

/** Parameters: $1 name, $2 slots. Locks: the consumer's row. */
export const resizeConsumer = statement(
  "resize_consumer",
  "select annals.resize_consumer($1, $2::int) as done",
);

/** Parameters: $1 name, $2 the new one. Locks: the consumer's row and all that refer to it. */
export const renameConsumer = statement(
  "rename_consumer",
  "select annals.rename_consumer($1, $2) as done",
);

/** Parameters: $1 name. Locks: the consumer's row and all that refer to it. */
export const removeConsumer = statement(
  "remove_consumer",
  "select annals.remove_consumer($1) as done",
);
