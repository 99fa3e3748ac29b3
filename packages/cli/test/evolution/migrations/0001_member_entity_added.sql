-- member: the entity is added.
-- The index table of "member": lookups and constraints only; the state is in the events.
create table "public"."members" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "email" text collate "C" not null,
  constraint "members_pkey" primary key ("id"),
  constraint "members_version_check" check ("version" > 0),
  constraint "members_email_key" unique ("email")
) with (fillfactor = 80);

-- Lists by creation time.
create index "members_created_at_idx" on "public"."members" ("created_at", "id");

-- The events of "member", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "public"."member_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  constraint "member_events_id_sequence_key" unique ("id", "sequence"),
  constraint "member_events_position_key" unique ("position"),
  constraint "member_events_id_fkey" foreign key ("id") references "public"."members" ("id"),
  constraint "member_events_sequence_check" check ("sequence" > 0),
  constraint "member_events_event_type_check" check ("event_type" in ('Joined', 'PlanChosen', 'Scored')),
  constraint "member_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "member_events_recorded_at_idx" on "public"."member_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "member_events_immutable"
before update or delete or truncate on "public"."member_events"
for each statement execute function annals.refuse_change();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "public"."member_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "public"."members" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "public"."member_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in members', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'member_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "member_events_contiguous"
after insert on "public"."member_events"
referencing new table as inserted
for each statement execute function "public"."member_events_guard"();

-- Inserts events after their index row is written and locked.
create function "public"."member_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "public"."member_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "public"."member_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "public"."member_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;
