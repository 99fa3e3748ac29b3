-- How the work of a consumer is shared between processes, and what becomes of events it fails on.

insert into annals.migrations (name) values ('0003_slots_and_dead_letters');

-- The bucket of an entity's id or of a key, from 0 to 1,023. Never changes, whatever the number of slots: of
-- n slots, slot s owns the buckets b with b * n / 1024 = s, which are next to each other.
create function annals.bucket(key text) returns integer
language sql immutable parallel safe
return (hashtextextended(key collate "C", 0) & 1023)::integer;

-- slots: over how many slots its keys are spread now. drain_to and slots_wanted: the slots are about to become
-- so many; none of them goes beyond drain_to until all of them have come to it. version: counts changes
-- that processes at work have to look at. paused_at: nothing is handled while it is set.
alter table annals.consumers
  add column slots integer not null default 1,
  add column slots_wanted integer,
  add column drain_to bigint,
  add column version bigint not null default 0,
  add column paused_at timestamptz(3),
  add column paused_because text,
  add constraint consumers_slots_check check (slots between 1 and 1024),
  add constraint consumers_slots_wanted_check check (slots_wanted between 1 and 1024),
  add constraint consumers_drain_check check ((slots_wanted is null) = (drain_to is null));

-- epoch: the lease under which this checkpoint may be moved. Taking a lease over raises it, so that who has
-- lost the lease cannot move the checkpoint any more.
alter table annals.checkpoints add column epoch bigint not null default 0;

-- Who works on which slot, by the database's clock. Apart from the checkpoints, so that a lease can be
-- renewed while a transaction is about to move the checkpoint. Updated in place and often.
-- losses: how often in a row the lease ran out before the checkpoint moved. suspect: the position that is
-- handled alone, after that has happened. paused_at: the slot stands still until somebody resumes it.
-- failed_position to retry_at: what it fails on, where it does not go on before that is handled.
create table annals.slots (
  consumer text collate "C" not null,
  slot integer not null,
  owner uuid,
  epoch bigint not null default 0,
  leased_until timestamptz,
  losses integer not null default 0,
  suspect bigint,
  paused_at timestamptz(3),
  paused_because text,
  failed_position bigint,
  failed_topic text collate "C",
  failed_key text collate "C",
  failed_attempts integer,
  failed_code text,
  failed_message text,
  retry_at timestamptz(3),
  constraint slots_pkey primary key (consumer, slot),
  constraint slots_consumer_fkey foreign key (consumer) references annals.consumers (name) on update cascade on delete cascade,
  constraint slots_lease_check check ((owner is null) = (leased_until is null))
) with (fillfactor = 50);

insert into annals.slots (consumer, slot) select consumer, slot from annals.checkpoints;

-- The processes that run a consumer, so that they can share its slots evenly. handles: the event types that it
-- has handlers for, each as topic:type.
create table annals.consumer_processes (
  consumer text collate "C" not null,
  process uuid not null,
  joined_at timestamptz not null default clock_timestamp(),
  alive_until timestamptz not null,
  handles text[] not null,
  constraint consumer_processes_pkey primary key (consumer, process),
  constraint consumer_processes_consumer_fkey foreign key (consumer) references annals.consumers (name) on update cascade on delete cascade
);

-- Events that a consumer could not handle, by reference. status says what is to become of one:
--   retrying   it is tried again at retry_at
--   waiting    no process yet has known its type; the next one that does goes on with it
--   dead       its attempts are used up; somebody decides
--   redrive    somebody decided: try it again
--   discarded  somebody decided, for the reason given, that it is passed over
--   handled    it was handled in the end
-- Setting it to 'redrive' or 'discarded' is all that is needed to decide.
create table annals.dead_letters (
  id bigint generated always as identity,
  consumer text collate "C" not null,
  topic text collate "C" not null,
  key text collate "C" not null,
  sequence integer not null,
  position bigint not null,
  event_type text collate "C" not null,
  status text collate "C" not null,
  attempts integer not null,
  error_class text,
  error_code text,
  error_message text,
  first_failed_at timestamptz(3) not null default clock_timestamp(),
  last_failed_at timestamptz(3) not null default clock_timestamp(),
  retry_at timestamptz(3),
  reason text,
  resolved_at timestamptz(3),
  constraint dead_letters_pkey primary key (id),
  constraint dead_letters_event_key unique (consumer, position),
  constraint dead_letters_consumer_fkey foreign key (consumer) references annals.consumers (name) on update cascade on delete cascade,
  constraint dead_letters_status_check check (status in ('retrying', 'waiting', 'dead', 'redrive', 'discarded', 'handled')),
  constraint dead_letters_reason_check check (status <> 'discarded' or reason is not null)
);

create index dead_letters_open_idx on annals.dead_letters (consumer, status, position)
where status in ('retrying', 'waiting', 'dead', 'redrive');

-- Keys whose later events wait for a dead letter. position and sequence: everything of the key up to here is
-- handled; what waits is above, up to the checkpoint of the key's slot. sequence is 0 in topics without.
create table annals.held_keys (
  consumer text collate "C" not null,
  topic text collate "C" not null,
  key text collate "C" not null,
  bucket integer not null generated always as (annals.bucket(key)) stored,
  position bigint not null,
  sequence integer not null,
  dead_letter bigint not null,
  held_at timestamptz(3) not null default clock_timestamp(),
  constraint held_keys_pkey primary key (consumer, topic, key),
  constraint held_keys_consumer_fkey foreign key (consumer) references annals.consumers (name) on update cascade on delete cascade,
  constraint held_keys_dead_letter_fkey foreign key (dead_letter) references annals.dead_letters (id) on delete cascade
);

-- Gives a consumer the number of slots that it wants, as soon as all of its slots have drained to a common
-- position and have been given back, so that nothing of them is in hand anywhere. Nobody can move a checkpoint afterwards under a lease from before. Returns whether it happened.
create function annals.spread_slots(consumer_name text) returns boolean
language plpgsql as $$
declare
  wanted integer;
  target bigint;
  lowest bigint;
  highest bigint;
  last_epoch bigint;
begin
  select c.slots_wanted, c.drain_to into wanted, target
  from annals.consumers c where c.name = consumer_name and c.slots_wanted is not null for update;
  if not found then
    return false;
  end if;
  perform from annals.checkpoints c where c.consumer = consumer_name order by c.slot for update;
  select min(c.position), max(c.position), max(c.epoch) into lowest, highest, last_epoch
  from annals.checkpoints c where c.consumer = consumer_name;
  if highest > target then
    update annals.consumers set drain_to = highest where name = consumer_name;
    target := highest;
  end if;
  if lowest < target or exists (
    select from annals.slots s
    where s.consumer = consumer_name and s.owner is not null and s.leased_until >= clock_timestamp()
  ) then
    return false;
  end if;
  delete from annals.slots s where s.consumer = consumer_name and s.slot >= wanted;
  delete from annals.checkpoints c where c.consumer = consumer_name and c.slot >= wanted;
  insert into annals.checkpoints (consumer, slot, position)
  select consumer_name, n, target from generate_series(0, wanted - 1) n
  on conflict do nothing;
  insert into annals.slots (consumer, slot)
  select consumer_name, n from generate_series(0, wanted - 1) n
  on conflict do nothing;
  update annals.checkpoints c set epoch = last_epoch + 1 where c.consumer = consumer_name;
  update annals.slots s set epoch = last_epoch + 1, owner = null, leased_until = null
  where s.consumer = consumer_name;
  update annals.consumers set slots = wanted, slots_wanted = null, drain_to = null, version = version + 1
  where name = consumer_name;
  return true;
end
$$;

-- Tells processes at work that somebody changed something by hand.
create function annals.note_consumer_change() returns trigger
language plpgsql as $$
begin
  update annals.consumers set version = version + 1 where name = new.consumer;
  return null;
end
$$;

create trigger dead_letters_decided
after update of status on annals.dead_letters
for each row when (new.status in ('redrive', 'discarded') and old.status is distinct from new.status)
execute function annals.note_consumer_change();

create trigger slots_paused
after update of paused_at on annals.slots
for each row when (old.paused_at is distinct from new.paused_at)
execute function annals.note_consumer_change();

create function annals.note_pause() returns trigger
language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end
$$;

create trigger consumers_paused
before update of paused_at on annals.consumers
for each row when (old.paused_at is distinct from new.paused_at)
execute function annals.note_pause();

-- The settled position of some events tables, for any SQL client that follows them: everything up to it is
-- visible to the next statement, or will never be there. Waits for open writers of these tables, for as long
-- as wait_ms at most, and gives NULL when one of them is still open then. A procedure, because a function
-- could stand in the very statement that reads, whose snapshot is older than what the function finds.
create procedure annals.settle(events_tables regclass[], wait_ms integer, inout settled bigint default null)
language plpgsql as $$
declare
  last bigint;
  writers text[];
  tables oid[];
  until timestamptz := clock_timestamp() + wait_ms * interval '1 millisecond';
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'annals.settle() needs READ COMMITTED: what is read after it has an older snapshot'
      using errcode = '25001', hint = 'Call it, and read, outside of a transaction or in one of READ COMMITTED.';
  end if;
  select array_agg(t.relid) into tables
  from unnest(events_tables) e (relation)
  cross join lateral (
    select e.relation::oid as relid union select p.relid from pg_catalog.pg_partition_tree(e.relation) p
  ) t;
  -- The last value first, and then who holds the lock that is taken before a position is drawn: the order of
  -- the two looks is what it all rests on.
  select case when s.is_called then s.last_value else s.last_value - 1 end into last from annals.position s;
  select coalesce(array_agg(distinct l.virtualtransaction), '{}') into writers
  from pg_catalog.pg_locks l
  where l.locktype = 'relation' and l.relation = any (tables) and l.mode = 'RowExclusiveLock' and l.granted
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database());
  while exists (
    select from pg_catalog.pg_locks l
    where l.locktype = 'relation' and l.relation = any (tables) and l.mode = 'RowExclusiveLock' and l.granted
      and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
      and l.virtualtransaction = any (writers)
  ) loop
    if clock_timestamp() >= until then
      settled := null;
      return;
    end if;
    perform pg_catalog.pg_sleep(0.005);
  end loop;
  settled := last;
end
$$;
