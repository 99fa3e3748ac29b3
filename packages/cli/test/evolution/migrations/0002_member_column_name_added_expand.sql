-- Step 1 of 3. Then deploy the code that writes the new columns, and run the second step when no
-- older code writes any more: annals rebuild member

-- member: the column name is added.
alter table "public"."members" add column "name" text collate "C";

alter table "public"."members" add column "name_filled" integer;

create function "public"."members_name_filled"() returns trigger
language plpgsql as $$
begin
  new."name_filled" := new.version;
  return new;
end
$$;

create trigger "members_name_filled_update"
before update of "name" on "public"."members"
for each row execute function "public"."members_name_filled"();

create trigger "members_name_filled_insert"
before insert on "public"."members"
for each row when (new."name" is not null) execute function "public"."members_name_filled"();

-- member: the index members_name_idx is added.
-- Lists by name, in its order.
create index "members_name_idx" on "public"."members" ("name", "id");

-- member: the function member_append changes.
-- For writers in SQL: creates at version 0, appends at any other, returns the version after.
create or replace function "public"."member_append"(
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
  where k <> all (case when $2 = 0 then array['email', 'name']::text[] else array['email', 'name']::text[] end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', 'member', wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
  added := jsonb_array_length($3);
  if $2 = 0 then
    insert into "public"."members" (id, created_at, version, "email", "name")
    select $1, now(), added, given."email", given."name"
    from jsonb_to_record($4) as given ("email" text, "name" text)
    on conflict on constraint "members_pkey" do nothing;
  else
    update "public"."members" u
    set version = $2 + added,
      "email" = case when $4 ? 'email' then given."email" else u."email" end,
      "name" = case when $4 ? 'name' then given."name" else u."name" end
    from jsonb_to_record($4) as given ("email" text, "name" text)
    where u.id = $1 and u.version = $2;
  end if;
  if not found then
    select u.version into found_version from "public"."members" u where u.id = $1;
    raise exception '% % is at version %, not at %', 'member', $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into "public"."member_events" (id, sequence, event_type, event, context, recorded_at, event_version)
  select $1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$;
