-- The index table of "cart": lookups and constraints only; the state is in the events.
create table "app"."carts" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "revision" integer not null default 1,
  "owner" text collate "C" not null,
  constraint "carts_pkey" primary key ("id"),
  constraint "carts_version_check" check ("version" > 0)
) with (fillfactor = 80);

-- Lists by creation time.
create index "carts_created_at_idx" on "app"."carts" ("created_at", "id");

-- Lists by owner, in its order.
create index "carts_owner_idx" on "app"."carts" ("owner", "id");

-- The events of "cart", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "app"."cart_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  constraint "cart_events_id_sequence_key" unique ("id", "sequence"),
  constraint "cart_events_position_key" unique ("position"),
  constraint "cart_events_id_fkey" foreign key ("id") references "app"."carts" ("id"),
  constraint "cart_events_sequence_check" check ("sequence" > 0),
  constraint "cart_events_event_type_check" check ("event_type" in ('Opened', 'Renamed', 'Sealed')),
  constraint "cart_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "cart_events_recorded_at_idx" on "app"."cart_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "cart_events_immutable"
before update or delete or truncate on "app"."cart_events"
for each statement execute function annals.refuse_change();

-- Content is replaced by annals.erase_event alone, which logs it.
create trigger "cart_events_erasure"
before update on "app"."cart_events"
for each row execute function annals.allow_erasure();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "app"."cart_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "app"."carts" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "app"."cart_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in carts', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'cart_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "cart_events_contiguous"
after insert on "app"."cart_events"
referencing new table as inserted
for each statement execute function "app"."cart_events_guard"();

-- Inserts events after their index row is written and locked.
create function "app"."cart_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."cart_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "app"."cart_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."cart_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;

-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create function "app"."cart_append"(
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
  where k <> all (case when $2 = 0 then array['owner']::text[] else array['owner']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'cart', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  added := jsonb_array_length($3);
  if $2 = 0 then
    insert into "app"."carts" (id, created_at, version, "owner")
    select $1, now(), added, given."owner"
    from jsonb_to_record($4) as given ("owner" text)
    on conflict on constraint "carts_pkey" do nothing;
  else
    update "app"."carts" u
    set version = $2 + added,
      revision = u.revision + 1,
      "owner" = case when $4 ? 'owner' then given."owner" else u."owner" end
    from jsonb_to_record($4) as given ("owner" text)
    where u.id = $1 and u.version = $2;
  end if;
  if not found then
    select u.version into found_version from "app"."carts" u where u.id = $1;
    raise exception '% % is at version %, not at %', 'cart', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "app"."cart_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;

-- The events of one entity, after a sequence.
create function "app"."cart_replay"(
  entity uuid, after_sequence integer default 0
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."cart_events" e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$;

-- The events of several entities.
create function "app"."cart_replay_all"(
  entities uuid[]
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."cart_events" e
  where e.id = any ($1)
  order by e.id, e.sequence
$$;

-- The events of the topic after a position, up to one below which nothing is uncommitted.
create function "app"."cart_replay_after"(
  after_position bigint, up_to bigint, take integer default 1000
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."cart_events" e
  where e.position > $1 and e.position <= $2
  order by e.position
  limit $3
$$;

-- The index table of "item": lookups and constraints only; the state is in the events.
create table "app"."items" (
  "id" uuid not null,
  "created_at" timestamptz(3) not null,
  "version" integer not null,
  "deleted_at" timestamptz(3),
  "cart_id" uuid not null,
  "sku" text collate "C" not null,
  constraint "items_pkey" primary key ("id"),
  constraint "items_version_check" check ("version" > 0),
  constraint "items_cart_id_fkey" foreign key ("cart_id") references "app"."carts" ("id")
) with (fillfactor = 80);

-- No two live rows share cart_id and sku.
create unique index "items_cart_id_sku_key" on "app"."items" ("cart_id", "sku") where "deleted_at" is null;

-- Finds deleted rows by cart_id and sku.
create index "items_cart_id_sku_key_deleted" on "app"."items" ("cart_id", "sku", "id") where "deleted_at" is not null;

-- Lists by creation time.
create index "items_created_at_idx" on "app"."items" ("created_at", "id") where "deleted_at" is null;

-- Lists by creation time, of deleted rows.
create index "items_created_at_idx_deleted" on "app"."items" ("created_at", "id") where "deleted_at" is not null;

-- Lists by cart_id, in its order.
create index "items_cart_id_idx" on "app"."items" ("cart_id", "id") where "deleted_at" is null;

-- Lists by cart_id, in its order, of deleted rows.
create index "items_cart_id_idx_deleted" on "app"."items" ("cart_id", "id") where "deleted_at" is not null;

-- Lists by sku, in its order.
create index "items_sku_idx" on "app"."items" ("sku", "id") where "deleted_at" is null;

-- Lists by sku, in its order, of deleted rows.
create index "items_sku_idx_deleted" on "app"."items" ("sku", "id") where "deleted_at" is not null;

-- Lists what is deleted, in the order of its deletion.
create index "items_deleted_at_idx" on "app"."items" ("deleted_at", "id") where "deleted_at" is not null;

-- The events of "item", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.
create table "app"."item_events" (
  "id" uuid not null,
  "sequence" integer not null,
  "event_type" varchar not null,
  "event" jsonb not null,
  "context" jsonb default null,
  "recorded_at" timestamptz(3) not null,
  "position" bigint not null default nextval('annals.position'),
  "event_version" smallint not null default 1,
  constraint "item_events_id_sequence_key" unique ("id", "sequence"),
  constraint "item_events_position_key" unique ("position"),
  constraint "item_events_id_fkey" foreign key ("id") references "app"."items" ("id"),
  constraint "item_events_sequence_check" check ("sequence" > 0),
  constraint "item_events_event_type_check" check ("event_type" in ('Added', 'Counted', 'Removed', 'PutBack')),
  constraint "item_events_event_check" check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )
);

-- Finds the position to start from at a given time; a few pages for any number of events.
create index "item_events_recorded_at_idx" on "app"."item_events" using brin (recorded_at);

-- Events are never changed, whoever asks.
create trigger "item_events_immutable"
before update or delete or truncate on "app"."item_events"
for each statement execute function annals.refuse_change();

-- Content is replaced by annals.erase_event alone, which logs it.
create trigger "item_events_erasure"
before update on "app"."item_events"
for each row execute function annals.allow_erasure();

-- Sequences have no hole and end at the index row's version, whoever inserts.
create function "app"."item_events_guard"() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by i.id
  having count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from "app"."items" u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from "app"."item_events" p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then
    raise exception 'The events of % do not continue its history, or do not end at its version in items', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = 'item_events_contiguous',
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$;

create trigger "item_events_contiguous"
after insert on "app"."item_events"
referencing new table as inserted
for each statement execute function "app"."item_events_guard"();

-- Inserts events after their index row is written and locked.
create function "app"."item_events_insert_one"(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."item_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  values ($1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1));
end
$$;

-- Inserts events after their index row is written and locked.
create function "app"."item_events_insert"(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into "app"."item_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$;

-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create function "app"."item_append"(
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
  where k <> all (case when $2 = 0 then array['cart_id', 'sku']::text[] else array['sku']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'item', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  added := jsonb_array_length($3);
  is_deleted := exists (
    select from "app"."items" u
    where u.id = $1 and u.version = $2 and u.deleted_at is not null
  );
  for wrong in select coalesce(e ->> 'type', '') from jsonb_array_elements($3) with ordinality as given (e, n) order by n loop
    if is_deleted and wrong <> 'PutBack' then
      raise exception '% % is deleted', 'item', $1
        using errcode = 'AN006', hint = 'Restore it first, where its definition can.';
    end if;
    is_deleted := wrong = 'Removed';
  end loop;
  if $2 = 0 then
    insert into "app"."items" (id, created_at, version, deleted_at, "cart_id", "sku")
    select $1, now(), added, case when is_deleted then now() end, given."cart_id", given."sku"
    from jsonb_to_record($4) as given ("cart_id" uuid, "sku" text)
    on conflict on constraint "items_pkey" do nothing;
  else
    update "app"."items" u
    set version = $2 + added,
      deleted_at = case when is_deleted then now() end,
      "sku" = case when $4 ? 'sku' then given."sku" else u."sku" end
    from jsonb_to_record($4) as given ("sku" text)
    where u.id = $1 and u.version = $2;
  end if;
  if not found then
    select u.version into found_version from "app"."items" u where u.id = $1;
    raise exception '% % is at version %, not at %', 'item', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "app"."item_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;

-- The events of one entity, after a sequence.
create function "app"."item_replay"(
  entity uuid, after_sequence integer default 0
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."item_events" e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$;

-- The events of several entities.
create function "app"."item_replay_all"(
  entities uuid[]
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."item_events" e
  where e.id = any ($1)
  order by e.id, e.sequence
$$;

-- The events of the topic after a position, up to one below which nothing is uncommitted.
create function "app"."item_replay_after"(
  after_position bigint, up_to bigint, take integer default 1000
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from "app"."item_events" e
  where e.position > $1 and e.position <= $2
  order by e.position
  limit $3
$$;
