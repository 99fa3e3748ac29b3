-- The index table of "diary": lookups and constraints only; the state is in the events.
create table "app"."diaries" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "deleted_at" timestamptz(3),
  "owner" text collate "C" not null,
  "day" timestamptz(3),
  constraint "diaries_pkey" primary key ("id"),
  constraint "diaries_version_check" check ("version" > 0)
) with (fillfactor = 80);

-- No two live rows share owner.
create unique index "diaries_owner_key" on "app"."diaries" ("owner") where "deleted_at" is null;

-- Finds deleted rows by owner.
create index "diaries_owner_key_deleted" on "app"."diaries" ("owner", "id") where "deleted_at" is not null;

-- Lists by creation time.
create index "diaries_created_at_idx" on "app"."diaries" ("created_at", "id") where "deleted_at" is null;

-- Lists by creation time, of deleted rows.
create index "diaries_created_at_idx_deleted" on "app"."diaries" ("created_at", "id") where "deleted_at" is not null;

-- Lists by day, in its order.
create index "diaries_day_idx" on "app"."diaries" ("day", "id") where "deleted_at" is null;

-- Lists by day, in its order, of deleted rows.
create index "diaries_day_idx_deleted" on "app"."diaries" ("day", "id") where "deleted_at" is not null;

-- Lists what is deleted, in the order of its deletion.
create index "diaries_deleted_at_idx" on "app"."diaries" ("deleted_at", "id") where "deleted_at" is not null;

-- The events of "diary", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "app"."diary_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  constraint "diary_events_id_sequence_key" unique ("id", "sequence"),
  constraint "diary_events_position_key" unique ("position"),
  constraint "diary_events_id_fkey" foreign key ("id") references "app"."diaries" ("id"),
  constraint "diary_events_sequence_check" check ("sequence" > 0),
  constraint "diary_events_event_type_check" check ("event_type" in ('Begun', 'Noted', 'Shut', 'Opened')),
  constraint "diary_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "diary_events_recorded_at_idx" on "app"."diary_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "diary_events_immutable"
before update or delete or truncate on "app"."diary_events"
for each statement execute function annals.refuse_change();

-- Content is replaced by annals.erase_event alone, which logs it.
create trigger "diary_events_erasure"
before update on "app"."diary_events"
for each row execute function annals.allow_erasure();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "app"."diary_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "app"."diaries" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "app"."diary_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in diaries', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'diary_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "diary_events_contiguous"
after insert on "app"."diary_events"
referencing new table as inserted
for each statement execute function "app"."diary_events_guard"();

-- The state of each "diary" at one of its versions, for reads to begin at. May be emptied at any time.
create table "app"."diary_snapshots" (
  "id" uuid not null,
  "fingerprint" text not null,
  "version" integer not null,
  "snapshot" jsonb not null,
  "taken_at" timestamptz(3) not null,
  constraint "diary_snapshots_pkey" primary key ("id", "fingerprint"),
  constraint "diary_snapshots_id_fkey" foreign key ("id") references "app"."diaries" ("id") on delete cascade,
  constraint "diary_snapshots_version_check" check ("version" > 0)
);

-- Inserts events after their index row is written and locked.
create function "app"."diary_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."diary_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "app"."diary_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."diary_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;

-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create function "app"."diary_append"(
  entity uuid, expected_version integer, events jsonb,
  index_columns jsonb default '{}', context jsonb default null
) returns integer
language plpgsql as $$
#variable_conflict use_variable
declare
  added integer;
  wrong text;
  found_version integer;
  is_deleted boolean;
begin
  if $1 is null or $2 is null or $2 < 0 then
    raise exception 'An id and an expected version from 0 on are needed' using errcode = 'AN004';
  end if;
  if jsonb_typeof($3) is distinct from 'array' or $3 = '[]' or exists (
    select from jsonb_array_elements($3) e where jsonb_typeof(e) <> 'object'
  ) then
    raise exception 'Events are a JSON array of at least one object'
      using errcode = 'AN004', hint = 'Give [{"type": "…", …}].';
  end if;
  if jsonb_typeof($4) is distinct from 'object' then
    raise exception 'Columns are a JSON object' using errcode = 'AN004';
  end if;
  select k into wrong from jsonb_object_keys($4) k
  where k <> all (case when $2 = 0 then array['owner', 'day']::text[] else array['owner', 'day']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'diary', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  added := jsonb_array_length($3);
  is_deleted := exists (
    select from "app"."diaries" u
    where u.id = $1 and u.version = $2 and u.deleted_at is not null
  );
  for wrong in select coalesce(e ->> 'type', '') from jsonb_array_elements($3) with ordinality as given (e, n) order by n loop
    if is_deleted and wrong <> 'Opened' then
      raise exception '% % is deleted', 'diary', $1
        using errcode = 'AN006', hint = 'Restore it first, where its definition can.';
    end if;
    is_deleted := wrong = 'Shut';
  end loop;
  if $2 = 0 then
    insert into "app"."diaries" (id, created_at, version, deleted_at, "owner", "day")
    select $1, now(), added, case when is_deleted then now() end, given."owner", given."day"
    from jsonb_to_record($4) as given ("owner" text, "day" timestamptz(3))
    on conflict on constraint "diaries_pkey" do nothing;
  else
    update "app"."diaries" u
    set version = $2 + added,
      deleted_at = case when is_deleted then now() end,
      "owner" = case when $4 ? 'owner' then given."owner" else u."owner" end,
      "day" = case when $4 ? 'day' then given."day" else u."day" end
    from jsonb_to_record($4) as given ("owner" text, "day" timestamptz(3))
    where u.id = $1 and u.version = $2;
  end if;
  if not found then
    select u.version into found_version from "app"."diaries" u where u.id = $1;
    raise exception '% % is at version %, not at %', 'diary', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "app"."diary_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;

-- The events of one entity, after a sequence.
create function "app"."diary_replay"(
  entity uuid, after_sequence integer default 0
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."diary_events" e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$;

-- The events of several entities.
create function "app"."diary_replay_all"(
  entities uuid[]
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."diary_events" e
  where e.id = any ($1)
  order by e.id, e.sequence
$$;

-- The events of the topic after a position, up to one below which nothing is uncommitted.
create function "app"."diary_replay_after"(
  after_position bigint, up_to bigint, take integer default 1000
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."diary_events" e
  where e.position > $1 and e.position <= $2
  order by e.position
  limit $3
$$;
