-- The number of the partition of "feed" that takes new events. Read outside of any snapshot, so that closing a partition holds for all at once.
create sequence "app"."feed_events_partition" as integer minvalue 1 cache 1 no cycle;

select setval('"app"."feed_events_partition"', 1);

-- The events of the topic "feed". event is {"type", "v", …payload}, with v above 1 only. Partitions go by time, the oldest first.
create table "app"."feed_events" (
  "key" text collate "C" not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "headers" jsonb not null default '{}',
  "bytes" bytea default null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  "partition" integer not null default pg_catalog.pg_sequence_last_value('"app"."feed_events_partition"'::regclass)::integer,
  constraint "feed_events_position_key" unique ("position", "partition"),
  constraint "feed_events_key_check" check ("key" <> ''),
  constraint "feed_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
) partition by list ("partition");

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "feed_events_recorded_at_idx" on "app"."feed_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "feed_events_immutable"
before update or delete or truncate on "app"."feed_events"
for each statement execute function annals.refuse_change();

-- The latest event of every key of "feed". A deleted key stays until no older event can come any more.
create table "app"."feed_compacted" (
  "key" text collate "C" not null,
  "position" bigint not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "headers" jsonb not null,
  "bytes" bytea,
  "context" jsonb,
  "recorded_at" timestamptz(3) not null,
  "deleted" boolean not null,
  constraint "feed_compacted_pkey" primary key ("key")
) with (fillfactor = 80);

-- Finds the deleted keys that maintenance forgets.
create index "feed_compacted_deleted_idx" on "app"."feed_compacted" ("position") where "deleted";

-- The keys that there are, with their latest events.
create view "app"."feed_latest" as
select "key", "position", "event_type", "event", "headers", "bytes", "context", "recorded_at"
from "app"."feed_compacted" where not "deleted";

-- Publishes events, once for each deduplication key.
create function "app"."feed_events_publish"(
  publications json, context jsonb, recorded_at timestamptz, bound text, remembered interval,
  out published bigint, out duplicates bigint, out last_position bigint
)
language plpgsql as $$
declare
  previous text := current_setting('lock_timeout');
  fresh bigint[];
begin
  perform set_config('lock_timeout', $4, true);
  if $5 is not null then
    with given as (
      select distinct on (p.once) p.once, p.at
      from rows from (json_to_recordset($1) as (once text)) with ordinality as p (once, at)
      where p.once is not null
      order by p.once, p.at
    ), taken as (
      insert into annals.topic_deduplication_keys as d (topic, key, expires_at)
      select 'app.feed', g.once, clock_timestamp() + $5 from given g order by g.once
      on conflict on constraint topic_deduplication_keys_pkey do update set expires_at = excluded.expires_at
      where d.expires_at <= clock_timestamp()
      returning d.key
    )
    select array_agg(g.at) into fresh from given g join taken t on t.key = g.once;
  end if;
  with inserted as (
    insert into "app"."feed_events" as e (key, event_type, event, headers, bytes, context, recorded_at, event_version)
    select p.key, p.event ->> 'type', p.event, coalesce(p.headers, '{}'), decode(p.bytes, 'base64'), $2,
      coalesce($3, now()), coalesce((p.event ->> 'v')::smallint, 1)
    from rows from (
      json_to_recordset($1) as (key text, event jsonb, headers jsonb, bytes text, once text)
    ) with ordinality as p (key, event, headers, bytes, once, at)
    where p.once is null or p.at = any (fresh)
    order by p.at
    returning e.key, e.position, e.event_type, e.event, e.headers, e.bytes, e.context, e.recorded_at
  ), latest as (
    insert into "app"."feed_compacted" as l (key, position, event_type, event, headers, bytes, context, recorded_at, deleted)
    select distinct on (i.key) i.key, i.position, i.event_type, i.event, i.headers, i.bytes, i.context, i.recorded_at, i.event_type in ('Erased')
    from inserted i
    order by i.key, i.position desc
    on conflict (key) do update set position = excluded.position, event_type = excluded.event_type, event = excluded.event, headers = excluded.headers, bytes = excluded.bytes, context = excluded.context, recorded_at = excluded.recorded_at, deleted = excluded.deleted
    where excluded.position > l.position
  )
  select count(*), json_array_length($1) - count(*), max(i.position)
  into published, duplicates, last_position
  from inserted i;
  perform set_config('lock_timeout', previous, true);
end
$$;

insert into annals.topics (name) values ('app.feed');

-- The partition that takes events, and the next one.
insert into annals.topic_partitions (topic, partition) values ('app.feed', 1), ('app.feed', 2);

create table "app"."feed_events_p1" (like "app"."feed_events" including all);

create trigger "feed_events_p1_immutable"
before update or delete or truncate on "app"."feed_events_p1"
for each statement execute function annals.refuse_change();

alter table "app"."feed_events" attach partition "app"."feed_events_p1" for values in (1);

create table "app"."feed_events_p2" (like "app"."feed_events" including all);

create trigger "feed_events_p2_immutable"
before update or delete or truncate on "app"."feed_events_p2"
for each statement execute function annals.refuse_change();

alter table "app"."feed_events" attach partition "app"."feed_events_p2" for values in (2);
