-- The index table of "booking": lookups and constraints only; the state is in the events.
create table "app"."bookings" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "deleted_at" timestamptz(3),
  "tenant_id" uuid not null,
  "branch" bigint not null,
  "code" text collate "C" not null,
  "guest" text collate "C",
  constraint "bookings_pkey" primary key ("id"),
  constraint "bookings_version_check" check ("version" > 0)
) with (fillfactor = 80);

-- No two live rows share tenant_id and branch and code.
create unique index "bookings_code_key" on "app"."bookings" ("tenant_id", "branch", "code") where "deleted_at" is null;

-- Finds deleted rows by tenant_id and branch and code.
create index "bookings_code_key_deleted" on "app"."bookings" ("tenant_id", "branch", "code", "id") where "deleted_at" is not null;

-- Lists a scope by id.
create index "bookings_scope_idx" on "app"."bookings" ("tenant_id", "branch", "id") where "deleted_at" is null;

-- Lists a scope by id, of deleted rows.
create index "bookings_scope_idx_deleted" on "app"."bookings" ("tenant_id", "branch", "id") where "deleted_at" is not null;

-- Lists by creation time.
create index "bookings_created_at_idx" on "app"."bookings" ("tenant_id", "branch", "created_at", "id") where "deleted_at" is null;

-- Lists by creation time, of deleted rows.
create index "bookings_created_at_idx_deleted" on "app"."bookings" ("tenant_id", "branch", "created_at", "id") where "deleted_at" is not null;

-- Lists by guest, in its order.
create index "bookings_guest_idx" on "app"."bookings" ("tenant_id", "branch", "guest", "id") where "deleted_at" is null;

-- Lists by guest, in its order, of deleted rows.
create index "bookings_guest_idx_deleted" on "app"."bookings" ("tenant_id", "branch", "guest", "id") where "deleted_at" is not null;

-- Lists what is deleted, in the order of its deletion.
create index "bookings_deleted_at_idx" on "app"."bookings" ("tenant_id", "branch", "deleted_at", "id") where "deleted_at" is not null;

-- The events of "booking", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "app"."booking_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  "tenant_id" uuid not null,
  "branch" bigint not null,
  constraint "booking_events_id_sequence_key" unique ("id", "sequence"),
  constraint "booking_events_position_key" unique ("position"),
  constraint "booking_events_id_fkey" foreign key ("id") references "app"."bookings" ("id"),
  constraint "booking_events_sequence_check" check ("sequence" > 0),
  constraint "booking_events_event_type_check" check ("event_type" in ('BookingMade', 'GuestNamed', 'BookingCancelled', 'BookingRevived')),
  constraint "booking_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "booking_events_recorded_at_idx" on "app"."booking_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "booking_events_immutable"
before update or delete or truncate on "app"."booking_events"
for each statement execute function annals.refuse_change();

-- Content is replaced by annals.erase_event alone, which logs it.
create trigger "booking_events_erasure"
before update on "app"."booking_events"
for each row execute function annals.allow_erasure();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "app"."booking_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id, i."tenant_id", i."branch"
  having i."tenant_id" is distinct from (select u."tenant_id" from "app"."bookings" u where u.id = i.id)
    or i."branch" is distinct from (select u."branch" from "app"."bookings" u where u.id = i.id)
    or count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "app"."bookings" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "app"."booking_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    if exists (select from inserted i where i.id = broken and (i."tenant_id" is distinct from (select u."tenant_id" from "app"."bookings" u where u.id = i.id) or i."branch" is distinct from (select u."branch" from "app"."bookings" u where u.id = i.id))) then
      raise exception 'An event of % is in another scope than its index row', broken
        using errcode = 'AN007', schema = tg_table_schema, table = tg_table_name,
          constraint = 'booking_events_scoped',
          hint = 'Insert events with the values that the index row has in the columns of the scope.';
    end if;
    raise exception 'The events of % do not continue its history, or do not end at its version in bookings', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'booking_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "booking_events_contiguous"
after insert on "app"."booking_events"
referencing new table as inserted
for each statement execute function "app"."booking_events_guard"();

-- An index row stays in the scope of its events, whoever updates.
create function "app"."bookings_scope_guard"() returns trigger
language plpgsql as $$
begin
  if exists (select from "app"."booking_events" e where e.id = new.id and (e."tenant_id" is distinct from new."tenant_id" or e."branch" is distinct from new."branch")) then
    raise exception 'The index row of % is in the scope of its events', new.id
      using errcode = 'AN007', schema = tg_table_schema, table = tg_table_name,
        constraint = 'bookings_immovable',
        hint = 'An entity never changes its scope: create another one there.';
  end if;
  return new;
end
$$;

create trigger "bookings_immovable"
before update of "tenant_id", "branch" on "app"."bookings"
for each row when (old."tenant_id" is distinct from new."tenant_id" or old."branch" is distinct from new."branch") execute function "app"."bookings_scope_guard"();

-- Inserts events after their index row is written and locked.
create function "app"."booking_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."booking_events" (id, sequence, event_type, event, context, recorded_at, event_version, "tenant_id", "branch")
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1), (select u."tenant_id" from "app"."bookings" u where u.id = $1), (select u."branch" from "app"."bookings" u where u.id = $1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "app"."booking_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."booking_events" (id, sequence, event_type, event, context, recorded_at, event_version, "tenant_id", "branch")
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1), (select u."tenant_id" from "app"."bookings" u where u.id = e.id), (select u."branch" from "app"."bookings" u where u.id = e.id)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;

-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create function "app"."booking_append"(
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
  where k <> all (case when $2 = 0 then array['tenant_id', 'branch', 'code', 'guest']::text[] else array['tenant_id', 'branch', 'code', 'guest']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'booking', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  if not $4 ?& array['tenant_id', 'branch']::text[] then
    raise exception '% is written within a scope', 'booking'
      using errcode = 'AN004', hint = 'Give tenant_id, branch among the columns, also to append.';
  end if;
  added := jsonb_array_length($3);
  is_deleted := exists (
    select from "app"."bookings" u, jsonb_to_record($4) as given ("tenant_id" uuid, "branch" bigint)
    where u.id = $1 and u.version = $2 and u.deleted_at is not null and u."tenant_id" = given."tenant_id" and u."branch" = given."branch"
  );
  for wrong in select coalesce(e ->> 'type', '') from jsonb_array_elements($3) with ordinality as given (e, n) order by n loop
    if is_deleted and wrong <> 'BookingRevived' then
      raise exception '% % is deleted', 'booking', $1
        using errcode = 'AN006', hint = 'Restore it first, where its definition can.';
    end if;
    is_deleted := wrong = 'BookingCancelled';
  end loop;
  if $2 = 0 then
    insert into "app"."bookings" (id, created_at, version, deleted_at, "tenant_id", "branch", "code", "guest")
    select $1, now(), added, case when is_deleted then now() end, given."tenant_id", given."branch", given."code", given."guest"
    from jsonb_to_record($4) as given ("tenant_id" uuid, "branch" bigint, "code" text, "guest" text)
    on conflict on constraint "bookings_pkey" do nothing;
  else
    update "app"."bookings" u
    set version = $2 + added,
      deleted_at = case when is_deleted then now() end,
      "code" = case when $4 ? 'code' then given."code" else u."code" end,
      "guest" = case when $4 ? 'guest' then given."guest" else u."guest" end
    from jsonb_to_record($4) as given ("tenant_id" uuid, "branch" bigint, "code" text, "guest" text)
    where u.id = $1 and u.version = $2 and u."tenant_id" = given."tenant_id" and u."branch" = given."branch";
  end if;
  if not found then
    select u.version into found_version from "app"."bookings" u, jsonb_to_record($4) as given ("tenant_id" uuid, "branch" bigint) where u.id = $1 and u."tenant_id" = given."tenant_id" and u."branch" = given."branch";
    raise exception '% % is at version %, not at %', 'booking', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "app"."booking_events" (id, sequence, event_type, event, context, recorded_at, event_version, "tenant_id", "branch")
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1), (select u."tenant_id" from "app"."bookings" u where u.id = $1), (select u."branch" from "app"."bookings" u where u.id = $1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;

-- The events of one entity, after a sequence.
create function "app"."booking_replay"(
  entity uuid, after_sequence integer default 0
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."booking_events" e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$;

-- The events of several entities.
create function "app"."booking_replay_all"(
  entities uuid[]
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."booking_events" e
  where e.id = any ($1)
  order by e.id, e.sequence
$$;

-- The events of the topic after a position, up to one below which nothing is uncommitted.
create function "app"."booking_replay_after"(
  after_position bigint, up_to bigint, take integer default 1000
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."booking_events" e
  where e.position > $1 and e.position <= $2
  order by e.position
  limit $3
$$;
