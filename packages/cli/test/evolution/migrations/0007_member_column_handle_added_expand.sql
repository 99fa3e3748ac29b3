-- Step 1 of 3. Then deploy the code that writes the new columns, and run the second step when no
-- older code writes any more: annals rebuild member

-- member: the column handle is added.
alter table "public"."members" add column "handle" text collate "C";

alter table "public"."members" add column "handle_filled" integer;

create function "public"."members_handle_filled"() returns trigger
language plpgsql as $$
begin
  new."handle_filled" := new.version;
  return new;
end
$$;

create trigger "members_handle_filled_update"
before update of "handle" on "public"."members"
for each row execute function "public"."members_handle_filled"();

create trigger "members_handle_filled_insert"
before insert on "public"."members"
for each row when (new."handle" is not null) execute function "public"."members_handle_filled"();

-- member: the index members_handle_idx is added.
-- Lists by handle, where it has no value.
create index "members_handle_idx" on "public"."members" ("id") where "handle" is null;
