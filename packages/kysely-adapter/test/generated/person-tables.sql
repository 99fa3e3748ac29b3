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

-- Content is replaced by annals.erase_event alone, which logs it.
create trigger "person_events_erasure"
before update on "app"."person_events"
for each row execute function annals.allow_erasure();

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

-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create function "app"."person_append"(
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
  where k <> all (case when $2 = 0 then array['email', 'tenant_id', 'slug', 'status', 'nick', 'age', 'score', 'verified', 'born_on', 'seen_at', 'fortune', 'labels', 'boss_id', 'domain']::text[] else array['email', 'slug', 'status', 'nick', 'age', 'score', 'verified', 'born_on', 'seen_at', 'fortune', 'labels', 'boss_id', 'domain']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'person', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  added := jsonb_array_length($3);
  if $2 = 0 then
    insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
    select $1, now(), added, given."email", given."tenant_id", given."slug", given."status", given."nick", given."age", given."score", given."verified", given."born_on", given."seen_at", given."fortune", given."labels", given."boss_id", given."domain"
    from jsonb_to_record($4) as given ("email" text, "tenant_id" uuid, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
    on conflict on constraint "people_pkey" do nothing;
  else
    update "app"."people" u
    set version = $2 + added,
      "email" = case when $4 ? 'email' then given."email" else u."email" end,
      "slug" = case when $4 ? 'slug' then given."slug" else u."slug" end,
      "status" = case when $4 ? 'status' then given."status" else u."status" end,
      "nick" = case when $4 ? 'nick' then given."nick" else u."nick" end,
      "age" = case when $4 ? 'age' then given."age" else u."age" end,
      "score" = case when $4 ? 'score' then given."score" else u."score" end,
      "verified" = case when $4 ? 'verified' then given."verified" else u."verified" end,
      "born_on" = case when $4 ? 'born_on' then given."born_on" else u."born_on" end,
      "seen_at" = case when $4 ? 'seen_at' then given."seen_at" else u."seen_at" end,
      "fortune" = case when $4 ? 'fortune' then given."fortune" else u."fortune" end,
      "labels" = case when $4 ? 'labels' then given."labels" else u."labels" end,
      "boss_id" = case when $4 ? 'boss_id' then given."boss_id" else u."boss_id" end,
      "domain" = case when $4 ? 'domain' then given."domain" else u."domain" end
    from jsonb_to_record($4) as given ("email" text, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
    where u.id = $1 and u.version = $2;
  end if;
  if not found then
    select u.version into found_version from "app"."people" u where u.id = $1;
    raise exception '% % is at version %, not at %', 'person', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "app"."person_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;

-- The events of one entity, after a sequence.
create function "app"."person_replay"(
  entity uuid, after_sequence integer default 0
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."person_events" e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$;

-- The events of several entities.
create function "app"."person_replay_all"(
  entities uuid[]
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."person_events" e
  where e.id = any ($1)
  order by e.id, e.sequence
$$;

-- The events of the topic after a position, up to one below which nothing is uncommitted.
create function "app"."person_replay_after"(
  after_position bigint, up_to bigint, take integer default 1000
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."person_events" e
  where e.position > $1 and e.position <= $2
  order by e.position
  limit $3
$$;
