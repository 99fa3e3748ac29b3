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
