-- Topics of their own: their partitions, what retention dropped of them, the deduplication keys of their
-- publishers, and the state that consumers keep by key. The events are in tables that are generated from
-- the topics' definitions.

insert into annals.migrations (name) values ('0004_topics');

-- Which topics there are, by the name that consumers have of them.
create table annals.topics (
  name text collate "C" not null,
  created_at timestamptz(3) not null default now(),
  -- Until when a process may take for granted that no other one maintains the topic.
  maintained_until timestamptz(3) not null default '-infinity',
  constraint topics_pkey primary key (name)
);

-- One row for each partition of a topic. The one with the highest number is the next, empty and ready;
-- the one before it takes new events. What is known of its events is written when it is sealed, that is,
-- when no transaction can add to it any more.
create table annals.topic_partitions (
  topic text collate "C" not null,
  partition integer not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  closed_at timestamptz(3),
  sealed_at timestamptz(3),
  events bigint,
  first_position bigint,
  last_position bigint,
  first_recorded_at timestamptz(3),
  last_recorded_at timestamptz(3),
  constraint topic_partitions_pkey primary key (topic, partition),
  constraint topic_partitions_topic_fkey foreign key (topic) references annals.topics (name) on update cascade,
  constraint topic_partitions_sealed_check check (sealed_at is null or (closed_at is not null and events is not null))
);

-- What retention dropped, and past whom. A row without dropped_at is a drop that was begun and that the
-- next maintenance finishes.
create table annals.topic_retention_log (
  topic text collate "C" not null,
  partition integer not null,
  decided_at timestamptz(3) not null default clock_timestamp(),
  dropped_at timestamptz(3),
  events bigint not null,
  first_position bigint,
  last_position bigint,
  first_recorded_at timestamptz(3),
  last_recorded_at timestamptz(3),
  -- Consumers that had not handled all of it, and how far each had come.
  passed_consumers jsonb not null default '{}',
  constraint topic_retention_log_pkey primary key (topic, partition)
);

-- Under which keys events were published. Not a column of the events: a unique key on a partitioned table
-- would have to contain what it is partitioned by.
create table annals.topic_deduplication_keys (
  topic text collate "C" not null,
  key text collate "C" not null,
  expires_at timestamptz(3) not null,
  constraint topic_deduplication_keys_pkey primary key (topic, key)
);

create index topic_deduplication_keys_expires_at_idx on annals.topic_deduplication_keys (topic, expires_at);

-- What consumers remember by key between events.
create table annals.consumer_state (
  consumer text collate "C" not null,
  key text collate "C" not null,
  value jsonb not null,
  expires_at timestamptz(3),
  constraint consumer_state_pkey primary key (consumer, key)
) with (fillfactor = 80);

-- The value that a consumer keeps for a key. Other transactions that ask for it wait until this one ends.
-- plpgsql, so that the value is read after the wait.
create function annals.locked_state(consumer_name text, state_key text) returns jsonb
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(state_key, hashtextextended(consumer_name, 0)));
  return (
    select s.value from annals.consumer_state s
    where s.consumer = consumer_name and s.key = state_key
  );
end
$$;

create index consumer_state_expires_at_idx on annals.consumer_state (consumer, expires_at) where expires_at is not null;
