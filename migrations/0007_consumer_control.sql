-- Where consumers start, what is decided about them from SQL, and what they need to notice it.

insert into annals.migrations (name) values ('0007_consumer_control');

-- moves: how often the checkpoint was moved, or asserted by what changes nothing of it. Who does not know
-- whether a move came through, because the connection broke, finds another count than it knows.
-- A consumer that is deleted takes its checkpoints along.
alter table annals.checkpoints
  add column moves bigint not null default 0,
  drop constraint checkpoints_consumer_fkey,
  add constraint checkpoints_consumer_fkey foreign key (consumer) references annals.consumers (name) on update cascade on delete cascade;

-- The tables that the topics of a consumer are in, as it has told them itself.
alter table annals.consumers add column events_tables text[] not null default '{}';

-- In which version an event is stored: one that is newer than a process knows waits for one that knows it.
alter table annals.dead_letters add column event_version smallint not null default 1;

-- What a process that takes part stands back for; NULL when it works.
alter table annals.consumer_processes add column waits_because text;

-- Names that consumers had before: a process that still uses one is told, and does not begin from the start
-- as a new consumer. Delete the row, or remove the consumer, to use the name again.
create table annals.renamed_consumers (
  name text collate "C" not null,
  renamed_to text collate "C" not null,
  renamed_at timestamptz(3) not null default clock_timestamp(),
  constraint renamed_consumers_pkey primary key (name)
);

create function annals.note_rename() returns trigger
language plpgsql as $$
begin
  delete from annals.renamed_consumers r where r.name = new.name;
  update annals.renamed_consumers r set renamed_to = new.name where r.renamed_to = old.name;
  insert into annals.renamed_consumers (name, renamed_to) values (old.name, new.name);
  return null;
end
$$;

create trigger consumers_renamed
after update of name on annals.consumers
for each row when (old.name is distinct from new.name)
execute function annals.note_rename();

-- The position that a consumer of some events tables starts from: with NULL now, that is, everything that is
-- recorded already counts as handled; with a time, right before the first event recorded at or after it.
-- Both are settled: nothing at or below the position can appear any more. Gives NULL when a writer of the
-- tables is open for longer than wait_ms. server_life is to be compared when it is used later.
create procedure annals.start_position(
  events_tables text[], since timestamptz, wait_ms integer,
  inout start_position bigint default null, inout server_life text default null
)
language plpgsql as $$
declare
  settled bigint;
  events_table regclass;
  first_position bigint;
begin
  server_life := concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time()));
  call annals.settle(events_tables::regclass[], wait_ms, settled);
  start_position := settled;
  if settled is null or since is null then
    return;
  end if;
  foreach events_table in array events_tables::regclass[] loop
    -- Found by the index on times; the one on positions would be walked through from its beginning.
    execute format('select min(position) from (select position from %s where recorded_at >= $1 and position <= $2 offset 0) e', events_table)
      into first_position using since, settled;
    start_position := least(start_position, first_position - 1);
  end loop;
end
$$;

-- Locks a consumer and all that its processes write, so that nobody moves a checkpoint meanwhile.
create function annals.lock_consumer(consumer_name text) returns boolean
language plpgsql as $$
begin
  perform from annals.consumers c where c.name = consumer_name for update;
  if not found then
    return false;
  end if;
  perform from annals.dead_letters d where d.consumer = consumer_name order by d.id for update;
  perform from annals.held_keys h where h.consumer = consumer_name order by h.topic, h.key for update;
  perform from annals.checkpoints k where k.consumer = consumer_name order by k.slot for update;
  return true;
end
$$;

-- Has a consumer stand still, everywhere, after the batches in hand.
create function annals.pause_consumer(consumer_name text, because text default 'paused') returns boolean
language plpgsql as $$
begin
  update annals.consumers c set paused_at = clock_timestamp(), paused_because = because where c.name = consumer_name;
  return found;
end
$$;

-- Lets a consumer and all of its slots go on.
create function annals.resume_consumer(consumer_name text) returns boolean
language plpgsql as $$
begin
  update annals.slots s
  set paused_at = null, paused_because = null, failed_position = null, failed_topic = null, failed_key = null,
    failed_attempts = null, failed_code = null, failed_message = null
  where s.consumer = consumer_name and s.paused_at is not null;
  update annals.consumers c set paused_at = null, paused_because = null where c.name = consumer_name;
  return found;
end
$$;

-- Sets all checkpoints of a consumer to a position, and takes every lease away, so that nothing in hand commits.
-- What it holds and its open dead letters are behind it.
create function annals.reset_consumer(consumer_name text, to_position bigint) returns boolean
language plpgsql as $$
declare
  last bigint;
begin
  select case when s.is_called then s.last_value else s.last_value - 1 end into last from annals.position s;
  if to_position < 0 or to_position > last then
    raise exception 'Position % is none that was given out: the last one is %', to_position, last
      using errcode = 'AN009', hint = 'Beyond the last one, events to come would be passed over.';
  end if;
  if not annals.lock_consumer(consumer_name) then
    return false;
  end if;
  update annals.checkpoints k set position = to_position, epoch = k.epoch + 1, moves = k.moves + 1, moved_at = clock_timestamp()
  where k.consumer = consumer_name;
  update annals.slots s set epoch = s.epoch + 1, owner = null, leased_until = null, losses = 0, suspect = null
  where s.consumer = consumer_name;
  delete from annals.held_keys h where h.consumer = consumer_name;
  update annals.dead_letters d
  set status = 'discarded', reason = 'The consumer was reset', retry_at = null, resolved_at = clock_timestamp()
  where d.consumer = consumer_name and d.status in ('retrying', 'waiting', 'dead', 'redrive');
  update annals.consumers c set version = c.version + 1 where c.name = consumer_name;
  return true;
end
$$;

-- The same to now, with NULL, or to a time; see annals.start_position. Gives the position, or NULL when nothing
-- was done: there is no such consumer, or a writer was open for longer than wait_ms.
create procedure annals.reset_consumer_to_time(
  consumer_name text, since timestamptz, wait_ms integer default 1000, inout reset_to bigint default null
)
language plpgsql as $$
declare
  tables text[];
  life text;
begin
  select c.events_tables into tables from annals.consumers c where c.name = consumer_name;
  if tables is null or tables = '{}' then
    reset_to := null;
    return;
  end if;
  call annals.start_position(tables, since, wait_ms, reset_to, life);
  if reset_to is not null then
    perform annals.reset_consumer(consumer_name, reset_to);
  end if;
end
$$;

-- Spreads a consumer over another number of slots, once the present ones have come to one place.
create function annals.resize_consumer(consumer_name text, wanted integer) returns boolean
language plpgsql as $$
begin
  update annals.consumers c
  set slots_wanted = wanted,
    drain_to = (select max(k.position) from annals.checkpoints k where k.consumer = consumer_name)
  where c.name = consumer_name;
  return found;
end
$$;

-- Gives a consumer another name, with its checkpoints, slots, held keys and dead letters.
create function annals.rename_consumer(consumer_name text, new_name text) returns boolean
language plpgsql as $$
begin
  if new_name <> consumer_name and exists (select from annals.consumers c where c.name = new_name) then
    raise exception 'There is a consumer "%" already', new_name using errcode = 'AN009', hint = 'Choose another name.';
  end if;
  if not annals.lock_consumer(consumer_name) then
    return false;
  end if;
  update annals.consumers c set name = new_name where c.name = consumer_name;
  return true;
end
$$;

-- Forgets a consumer, with all that is kept of it. Under the same name, another one begins anew.
create function annals.remove_consumer(consumer_name text) returns boolean
language plpgsql as $$
begin
  delete from annals.renamed_consumers r where r.name = consumer_name or r.renamed_to = consumer_name;
  if not annals.lock_consumer(consumer_name) then
    return false;
  end if;
  delete from annals.consumers c where c.name = consumer_name;
  return true;
end
$$;

-- Registers a consumer where another one is: at its checkpoints, with as many slots, with the keys that it
-- holds and the dead letters that are open, of the new one's topics. Returns whether the other one exists.
create function annals.register_beside(new_name text, other_name text, new_topics text[], new_tables text[])
returns boolean
language plpgsql as $$
begin
  if not annals.lock_consumer(other_name) then
    return false;
  end if;
  insert into annals.consumers (name, topics, events_tables, slots)
  select new_name, new_topics, new_tables, c.slots from annals.consumers c
  where c.name = other_name and not exists (select from annals.renamed_consumers r where r.name = new_name)
  on conflict (name) do nothing;
  if not found then
    return true;
  end if;
  insert into annals.checkpoints (consumer, slot, position)
  select new_name, k.slot, k.position from annals.checkpoints k where k.consumer = other_name;
  insert into annals.slots (consumer, slot)
  select new_name, s.slot from annals.slots s where s.consumer = other_name;
  insert into annals.dead_letters (consumer, topic, key, sequence, position, event_type, event_version, status, attempts,
    error_class, error_code, error_message, first_failed_at, last_failed_at, retry_at, reason)
  select new_name, d.topic, d.key, d.sequence, d.position, d.event_type, d.event_version, d.status, d.attempts,
    d.error_class, d.error_code, d.error_message, d.first_failed_at, d.last_failed_at, d.retry_at, d.reason
  from annals.dead_letters d
  where d.consumer = other_name and (d.status in ('retrying', 'waiting', 'dead', 'redrive') or exists (
    select from annals.held_keys h where h.dead_letter = d.id));
  insert into annals.held_keys (consumer, topic, key, position, sequence, dead_letter)
  select new_name, h.topic, h.key, h.position, h.sequence, copy.id
  from annals.held_keys h
  join annals.dead_letters d on d.id = h.dead_letter
  join annals.dead_letters copy on copy.consumer = new_name and copy.position = d.position
  where h.consumer = other_name;
  return true;
end
$$;

-- Has a consumer follow other topics from where it stands. What is added is followed behind the checkpoints,
-- which must be settled in its tables as well; of what is left out, nothing is held any more. All leases are
-- taken away: processes with the former topics stand back. Returns false, having done nothing, when a
-- writer of the tables was open for longer than wait_ms.
create function annals.change_topics(consumer_name text, new_topics text[], new_names text[], new_tables text[], wait_ms integer)
returns boolean
language plpgsql as $$
declare
  settled bigint;
begin
  if not annals.lock_consumer(consumer_name) then
    return false;
  end if;
  call annals.settle(new_tables::regclass[], wait_ms, settled);
  if settled is null then
    return false;
  end if;
  update annals.consumers c set topics = new_topics, events_tables = new_tables, version = c.version + 1
  where c.name = consumer_name;
  update annals.checkpoints k set epoch = k.epoch + 1 where k.consumer = consumer_name;
  update annals.slots s set epoch = s.epoch + 1, owner = null, leased_until = null where s.consumer = consumer_name;
  delete from annals.held_keys h where h.consumer = consumer_name and h.topic <> all (new_names);
  update annals.dead_letters d
  set status = 'discarded', reason = 'The consumer no longer follows the topic', retry_at = null, resolved_at = clock_timestamp()
  where d.consumer = consumer_name and d.topic <> all (new_names) and d.status in ('retrying', 'waiting', 'dead', 'redrive');
  return true;
end
$$;
