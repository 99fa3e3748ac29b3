-- The index table of "person": lookups and constraints only; the state is in the events.
create table "app"."people" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "email" text collate "C" not null,
  "tenant_id" uuid not null,
  "slug" text collate "C" not null,
  "status" text collate "C" not null,
  "nick" text collate "und-x-icu",
  "age" integer not null,
  "score" double precision,
  "verified" boolean not null,
  "born_on" date not null,
  "seen_at" timestamptz(3) not null,
  "fortune" numeric not null,
  "labels" text[] not null,
  "boss_id" uuid,
  "domain" text collate "C",
  constraint "people_pkey" primary key ("id"),
  constraint "people_version_check" check ("version" > 0),
  constraint "people_email_key" unique ("email"),
  constraint "people_tenant_id_slug_key" unique ("tenant_id", "slug"),
  constraint "people_slug_check" check (length("slug") > 0),
  constraint "people_status_enum" check ("status" in ('active', 'it''s over')),
  constraint "people_boss_id_fkey" foreign key ("boss_id") references "app"."people" ("id") on delete restrict
) with (fillfactor = 80);

-- Lists by creation time.
create index "people_created_at_idx" on "app"."people" ("created_at", "id");

-- Lists by tenant_id, in its order.
create index "people_tenant_id_idx" on "app"."people" ("tenant_id", "id");

-- Lists by slug, in its order.
create index "people_slug_idx" on "app"."people" ("slug", "id");

-- Lists by status, in its order.
create index "people_status_idx" on "app"."people" ("status", "id");

-- Lists by nick.
create index "people_nick_idx" on "app"."people" ("nick");

-- Lists by age, in its order.
create index "people_age_idx" on "app"."people" ("age", "id");

-- Lists by score, in its order.
create index "people_score_idx" on "app"."people" ("score", "id");

-- Lists by verified, in its order.
create index "people_verified_idx" on "app"."people" ("verified", "id");

-- Lists by born_on, in its order.
create index "people_born_on_idx" on "app"."people" ("born_on", "id");

-- Lists by seen_at, in its order.
create index "people_seen_at_idx" on "app"."people" ("seen_at", "id");

-- Lists by fortune, in its order.
create index "people_fortune_idx" on "app"."people" ("fortune", "id");

-- Lists by labels.
create index "people_labels_idx" on "app"."people" ("labels");

-- Lists by boss_id, in its order.
create index "people_boss_id_idx" on "app"."people" ("boss_id", "id");

-- Lists by domain, in its order.
create index "people_domain_idx" on "app"."people" ("domain", "id");

-- The events of "person", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "app"."person_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  constraint "person_events_id_sequence_key" unique ("id", "sequence"),
  constraint "person_events_position_key" unique ("position"),
  constraint "person_events_id_fkey" foreign key ("id") references "app"."people" ("id"),
  constraint "person_events_sequence_check" check ("sequence" > 0),
  constraint "person_events_event_type_check" check ("event_type" in ('Joined', 'Renamed', 'Employed', 'Aged')),
  constraint "person_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "person_events_recorded_at_idx" on "app"."person_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "person_events_immutable"
before update or delete or truncate on "app"."person_events"
for each statement execute function annals.refuse_change();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "app"."person_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "app"."people" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "app"."person_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in people', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'person_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "person_events_contiguous"
after insert on "app"."person_events"
referencing new table as inserted
for each statement execute function "app"."person_events_guard"();

-- Inserts events after their index row is written and locked.
create function "app"."person_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."person_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "app"."person_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."person_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;
