import { statement } from "../connection/statement.ts";

// Times are the database's own, so that the clocks of processes do not matter.

const UNTIL = "clock_timestamp() + $3::int * interval '1 millisecond'";

/** What went well since a slot was taken takes back what was noted about leases that ran out. */
const RENEWED = `update annals.slots
set leased_until = ${UNTIL},
  losses = case when slot = any ($4::int[]) then 0 else losses end,
  suspect = case when slot = any ($4::int[]) then null else suspect end
where consumer = $1 and owner = $2::uuid`;

/**
 * Renews a process's leases. Parameters: $1 consumer, $2 process, $3 milliseconds, $4 slots whose checkpoint
 * has moved. Locks: the rows of its slots. Relies on: slots_pkey.
 */
export const renewLeases = statement("renew_leases", RENEWED);

/**
 * The same, and tells the others that the process takes part; forgets those that have long been gone.
 * Parameters: $1 to $4 as above, $5 what it handles, $6 why it stands back, or NULL. Locks: its own rows, and those
 * of processes that are gone. Relies on: consumer_processes_pkey, slots_pkey.
 */
export const joinConsumer = statement(
  "join_consumer",
  `with gone as (
  delete from annals.consumer_processes
  where consumer = $1 and alive_until < clock_timestamp() - interval '1 minute'
), joined as (
  insert into annals.consumer_processes (consumer, process, alive_until, handles, waits_because)
  values ($1, $2::uuid, ${UNTIL}, $5::text[], $6::text)
  on conflict (consumer, process) do update
  set alive_until = excluded.alive_until, waits_because = excluded.waits_because
)
${RENEWED}`,
);

/**
 * How a consumer stands, for one of its processes: its slots and their checkpoints, the processes that
 * are alive and do not stand back, and how many of them are older. Parameters: $1 consumer, $2 process. Locks: none.
 * Relies on: consumers_pkey, consumer_processes_pkey, slots_pkey, checkpoints_pkey.
 */
export const readStanding = statement(
  "read_standing",
  `select c.slots, c.drain_to, to_json(c.topics) as topics,
  case when c.paused_at is not null then coalesce(c.paused_because, 'paused')
    else (select coalesce(s.paused_because, 'a slot is paused') from annals.slots s
      where s.consumer = c.name and s.paused_at is not null limit 1) end as paused,
  (select coalesce(json_agg(distinct handled), '[]')
    from annals.consumer_processes p, unnest(p.handles) handled
    where p.consumer = c.name and p.process <> $2::uuid and p.alive_until >= clock_timestamp()) as elsewhere,
  (select count(*)::int from annals.consumer_processes p
    where p.consumer = c.name and p.alive_until >= clock_timestamp() and p.waits_because is null) as processes,
  (select count(*)::int from annals.consumer_processes p
    join annals.consumer_processes me on me.consumer = p.consumer and me.process = $2::uuid
    where p.consumer = c.name and p.alive_until >= clock_timestamp() and p.waits_because is null
      and (p.joined_at, p.process) < (me.joined_at, me.process)) as older,
  (select coalesce(json_agg(json_build_object('slot', s.slot, 'epoch', s.epoch, 'position', k.position,
      'moves', k.moves, 'losses', s.losses, 'suspect', s.suspect) order by s.slot), '[]')
    from annals.slots s join annals.checkpoints k on k.consumer = s.consumer and k.slot = s.slot
    where s.consumer = c.name and s.owner = $2::uuid and s.paused_at is null and c.paused_at is null) as owned
from annals.consumers c
where c.name = $1`,
);

export interface StandingRow {
  readonly slots: number;
  readonly topics: readonly string[];
  readonly drain_to: number | string | null;
  readonly processes: number;
  readonly older: number;
  readonly paused: string | null;
  /** What other processes handle. */
  readonly elsewhere: readonly string[];
  readonly owned: readonly SlotRow[];
}

export interface SlotRow {
  readonly slot: number;
  readonly epoch: number | string;
  readonly position: number | string;
  readonly moves: number | string;
  readonly losses: number;
  readonly suspect: number | string | null;
}

/**
 * Takes slots whose lease is free or has run out, and raises their epochs: who had one before can no longer
 * move its checkpoint. Leaves those alone that have drained, and all when the consumer follows other topics than the process. Passes over those whose checkpoint somebody is just about to move, or holds.
 * Parameters: $1 consumer, $2 process, $3 milliseconds, $4 how many at most, $5 its topics.
 * Locks: the slots' rows, FOR UPDATE SKIP LOCKED, and their checkpoints'. Relies on: slots_pkey,
 * checkpoints_pkey.
 */
export const takeSlots = statement(
  "take_slots",
  `with free as (
  select s.slot from annals.slots s
  join annals.checkpoints k on k.consumer = s.consumer and k.slot = s.slot
  where s.consumer = $1 and (s.owner is null or s.leased_until < clock_timestamp())
    and s.paused_at is null
    and (select c.paused_at is null and c.topics = $5::text[] and (c.drain_to is null or k.position < c.drain_to)
      from annals.consumers c where c.name = $1)
  order by s.slot
  limit $4::int
  for update of s, k skip locked
), taken as (
  update annals.slots s
  set owner = $2::uuid, epoch = s.epoch + 1, leased_until = ${UNTIL},
    -- Whoever had it and did not give it back has lost it.
    losses = case when s.owner is null then 0 else s.losses + 1 end
  from free
  where s.consumer = $1 and s.slot = free.slot
  returning s.slot, s.epoch, s.losses, s.suspect
)
update annals.checkpoints k set epoch = taken.epoch
from taken
where k.consumer = $1 and k.slot = taken.slot
returning k.slot, k.epoch, k.position, k.moves, taken.losses, taken.suspect`,
);

/**
 * Gives slots back. Parameters: $1 consumer, $2 process, $3 slots. Locks: their rows.
 * Relies on: slots_pkey.
 */
export const releaseSlots = statement(
  "release_slots",
  `update annals.slots set owner = null, leased_until = null
where consumer = $1 and owner = $2::uuid and slot = any ($3::int[])`,
);

/**
 * Gives all slots back, and takes part no longer. Parameters: $1 consumer, $2 process. Locks: its rows.
 * Relies on: slots_pkey, consumer_processes_pkey.
 */
export const leaveConsumer = statement(
  "leave_consumer",
  `with left_behind as (
  delete from annals.consumer_processes where consumer = $1 and process = $2::uuid
)
update annals.slots set owner = null, leased_until = null where consumer = $1 and owner = $2::uuid`,
);
