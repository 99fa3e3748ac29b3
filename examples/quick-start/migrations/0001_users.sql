-- The index table of "user": lookups and constraints only; the state is in the events.
create table "public"."users" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "email" text collate "C" not null,
  "status" text collate "C" not null,
  constraint "users_pkey" primary key ("id"),
  constraint "users_version_check" check ("version" > 0),
  constraint "users_email_key" unique ("email"),
  constraint "users_status_enum" check ("status" in ('active', 'suspended'))
) with (fillfactor = 80);

-- Lists by creation time.
create index "users_created_at_idx" on "public"."users" ("created_at", "id");

-- Lists by status, in its order.
create index "users_status_idx" on "public"."users" ("status", "id");

-- The events of "user", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "public"."user_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  constraint "user_events_id_sequence_key" unique ("id", "sequence"),
  constraint "user_events_position_key" unique ("position"),
  constraint "user_events_id_fkey" foreign key ("id") references "public"."users" ("id"),
  constraint "user_events_sequence_check" check ("sequence" > 0),
  constraint "user_events_event_type_check" check ("event_type" in ('UserRegistered', 'EmailChanged', 'UserSuspended')),
  constraint "user_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "user_events_recorded_at_idx" on "public"."user_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "user_events_immutable"
before update or delete or truncate on "public"."user_events"
for each statement execute function annals.refuse_change();

-- Content is replaced by annals.erase_event alone, which logs it.
create trigger "user_events_erasure"
before update on "public"."user_events"
for each row execute function annals.allow_erasure();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "public"."user_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "public"."users" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "public"."user_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in users', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'user_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "user_events_contiguous"
after insert on "public"."user_events"
referencing new table as inserted
for each statement execute function "public"."user_events_guard"();

-- Inserts events after their index row is written and locked.
create function "public"."user_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "public"."user_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "public"."user_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "public"."user_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;

-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create function "public"."user_append"(
  entity uuid, expected_version integer, events jsonb,
  index_columns jsonb default '{}', context jsonb default null
) returns integer
language plpgsql as $$
#variable_conflict use_variable
declare
  added integer;
  wrong text;
  found_version integer;
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
  where k <> all (case when $2 = 0 then array['email', 'status']::text[] else array['email', 'status']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'user', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  added := jsonb_array_length($3);
  if $2 = 0 then
    insert into "public"."users" (id, created_at, version, "email", "status")
    select $1, now(), added, given."email", given."status"
    from jsonb_to_record($4) as given ("email" text, "status" text)
    on conflict on constraint "users_pkey" do nothing;
  else
    update "public"."users" u
    set version = $2 + added,
      "email" = case when $4 ? 'email' then given."email" else u."email" end,
      "status" = case when $4 ? 'status' then given."status" else u."status" end
    from jsonb_to_record($4) as given ("email" text, "status" text)
    where u.id = $1 and u.version = $2;
  end if;
  if not found then
    select u.version into found_version from "public"."users" u where u.id = $1;
    raise exception '% % is at version %, not at %', 'user', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "public"."user_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;

-- The events of one entity, after a sequence.
create function "public"."user_replay"(
  entity uuid, after_sequence integer default 0
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "public"."user_events" e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$;

-- The events of several entities.
create function "public"."user_replay_all"(
  entities uuid[]
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "public"."user_events" e
  where e.id = any ($1)
  order by e.id, e.sequence
$$;

-- The events of the topic after a position, up to one below which nothing is uncommitted.
create function "public"."user_replay_after"(
  after_position bigint, up_to bigint, take integer default 1000
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "public"."user_events" e
  where e.position > $1 and e.position <= $2
  order by e.position
  limit $3
$$;
