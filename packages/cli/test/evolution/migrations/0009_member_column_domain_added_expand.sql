-- Step 1 of 3. Then deploy the code that writes the new columns, and run the second step when no
-- older code writes any more: annals rebuild member

-- member: the column domain is added.
alter table "public"."members" add column "domain" text collate "C";

alter table "public"."members" add column "domain_filled" integer;

create function "public"."members_domain_filled"() returns trigger
language plpgsql as $$
begin
  new."domain_filled" := new.version;
  return new;
end
$$;

create trigger "members_domain_filled_update"
before update of "domain" on "public"."members"
for each row execute function "public"."members_domain_filled"();

create trigger "members_domain_filled_insert"
before insert on "public"."members"
for each row when (new."domain" is not null) execute function "public"."members_domain_filled"();

-- member: the index members_domain_idx is added.
-- Lists by domain, in its order.
create index "members_domain_idx" on "public"."members" ("domain", "id");

-- team: the entity is added.
-- The index table of "team": lookups and constraints only; the state is in the events.
create table "public"."teams" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "title" text collate "C" not null,
  constraint "teams_pkey" primary key ("id"),
  constraint "teams_version_check" check ("version" > 0),
  constraint "teams_title_key" unique ("title")
) with (fillfactor = 80);

-- Lists by creation time.
create index "teams_created_at_idx" on "public"."teams" ("created_at", "id");

-- The events of "team", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "public"."team_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  constraint "team_events_id_sequence_key" unique ("id", "sequence"),
  constraint "team_events_position_key" unique ("position"),
  constraint "team_events_id_fkey" foreign key ("id") references "public"."teams" ("id"),
  constraint "team_events_sequence_check" check ("sequence" > 0),
  constraint "team_events_event_type_check" check ("event_type" in ('Founded')),
  constraint "team_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "team_events_recorded_at_idx" on "public"."team_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "team_events_immutable"
before update or delete or truncate on "public"."team_events"
for each statement execute function annals.refuse_change();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "public"."team_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "public"."teams" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "public"."team_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in teams', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'team_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "team_events_contiguous"
after insert on "public"."team_events"
referencing new table as inserted
for each statement execute function "public"."team_events_guard"();

-- Inserts events after their index row is written and locked.
create function "public"."team_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "public"."team_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "public"."team_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "public"."team_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;
