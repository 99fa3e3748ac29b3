-- The index table of "strict": lookups and constraints only; the state is in the events.
create table "app"."stricts" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "deleted_at" timestamptz(3),
  "code" text collate "C" not null,
  "text" text collate "C" not null,
  constraint "stricts_pkey" primary key ("id"),
  constraint "stricts_version_check" check ("version" > 0)
) with (fillfactor = 80);

-- No two live rows share code.
create unique index "stricts_code_key" on "app"."stricts" ("code") where "deleted_at" is null;

-- Finds deleted rows by code.
create index "stricts_code_key_deleted" on "app"."stricts" ("code", "id") where "deleted_at" is not null;

-- Lists by creation time.
create index "stricts_created_at_idx" on "app"."stricts" ("created_at", "id") where "deleted_at" is null;

-- Lists by creation time, of deleted rows.
create index "stricts_created_at_idx_deleted" on "app"."stricts" ("created_at", "id") where "deleted_at" is not null;

-- Lists by text, in its order.
create index "stricts_text_idx" on "app"."stricts" ("text", "id") where "deleted_at" is null;

-- Lists by text, in its order, of deleted rows.
create index "stricts_text_idx_deleted" on "app"."stricts" ("text", "id") where "deleted_at" is not null;

-- Lists what is deleted, in the order of its deletion.
create index "stricts_deleted_at_idx" on "app"."stricts" ("deleted_at", "id") where "deleted_at" is not null;

-- The events of "strict", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "app"."strict_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  "previous" integer generated always as (nullif("sequence" - 1, 0)) stored,
  constraint "strict_events_id_sequence_key" unique ("id", "sequence"),
  constraint "strict_events_position_key" unique ("position"),
  constraint "strict_events_id_fkey" foreign key ("id") references "app"."stricts" ("id"),
  constraint "strict_events_sequence_check" check ("sequence" > 0),
  constraint "strict_events_event_type_check" check ("event_type" in ('Opened', 'Noted', 'Closed')),
  constraint "strict_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  ),
  constraint "strict_events_previous_fkey" foreign key ("id", "previous") references "app"."strict_events" ("id", "sequence")
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "strict_events_recorded_at_idx" on "app"."strict_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "strict_events_immutable"
before update or delete or truncate on "app"."strict_events"
for each statement execute function annals.refuse_change();

-- Content is replaced by annals.erase_event alone, which logs it.
create trigger "strict_events_erasure"
before update on "app"."strict_events"
for each row execute function annals.allow_erasure();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "app"."strict_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "app"."stricts" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "app"."strict_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in stricts', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'strict_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "strict_events_contiguous"
after insert on "app"."strict_events"
referencing new table as inserted
for each statement execute function "app"."strict_events_guard"();

-- Inserts events after their index row is written and locked.
create function "app"."strict_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."strict_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "app"."strict_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."strict_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;

-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create function "app"."strict_append"(
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
  where k <> all (case when $2 = 0 then array['code', 'text']::text[] else array['text']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'strict', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  added := jsonb_array_length($3);
  is_deleted := exists (
    select from "app"."stricts" u
    where u.id = $1 and u.version = $2 and u.deleted_at is not null
  );
  for wrong in select coalesce(e ->> 'type', '') from jsonb_array_elements($3) with ordinality as given (e, n) order by n loop
    if is_deleted then
      raise exception '% % is deleted', 'strict', $1
        using errcode = 'AN006', hint = 'Restore it first, where its definition can.';
    end if;
    is_deleted := wrong = 'Closed';
  end loop;
  if $2 = 0 then
    insert into "app"."stricts" (id, created_at, version, deleted_at, "code", "text")
    select $1, now(), added, case when is_deleted then now() end, given."code", given."text"
    from jsonb_to_record($4) as given ("code" text, "text" text)
    on conflict on constraint "stricts_pkey" do nothing;
  else
    update "app"."stricts" u
    set version = $2 + added,
      deleted_at = case when is_deleted then now() end,
      "text" = case when $4 ? 'text' then given."text" else u."text" end
    from jsonb_to_record($4) as given ("text" text)
    where u.id = $1 and u.version = $2;
  end if;
  if not found then
    select u.version into found_version from "app"."stricts" u where u.id = $1;
    raise exception '% % is at version %, not at %', 'strict', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "app"."strict_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;

-- The events of one entity, after a sequence.
create function "app"."strict_replay"(
  entity uuid, after_sequence integer default 0
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."strict_events" e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$;

-- The events of several entities.
create function "app"."strict_replay_all"(
  entities uuid[]
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."strict_events" e
  where e.id = any ($1)
  order by e.id, e.sequence
$$;

-- The events of the topic after a position, up to one below which nothing is uncommitted.
create function "app"."strict_replay_after"(
  after_position bigint, up_to bigint, take integer default 1000
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."strict_events" e
  where e.position > $1 and e.position <= $2
  order by e.position
  limit $3
$$;

-- "annals_test_writer" may read and add events, and change none. A role is the whole cluster's: it may be there already.
do $$
begin
  begin
    if not exists (select from pg_roles where rolname = 'annals_test_writer') then
      create role "annals_test_writer" nologin;
    end if;
  exception
    when duplicate_object or unique_violation then null;
  end;
  revoke all on "app"."stricts", "app"."strict_events" from "annals_test_writer";
  grant usage on schema "app", annals to "annals_test_writer";
  grant usage, select on sequence annals.position to "annals_test_writer";
  grant select, insert ("id", "created_at", "version", "deleted_at", "code", "text") on "app"."stricts" to "annals_test_writer";
  grant update ("version", "deleted_at", "text") on "app"."stricts" to "annals_test_writer";
  grant select, insert ("id", "sequence", "event_type", "event", "context", "recorded_at", "event_version") on "app"."strict_events" to "annals_test_writer";
  grant select, insert, update on annals.idempotency_keys to "annals_test_writer";
  grant select (events_table, entity_id) on annals.erasures to "annals_test_writer";
  grant execute on function "app"."strict_events_insert_one"(uuid, int, jsonb, jsonb, timestamptz), "app"."strict_events_insert"(uuid[], json, jsonb, timestamptz), "app"."strict_append"(uuid, integer, jsonb, jsonb, jsonb) to "annals_test_writer";
end
$$;
