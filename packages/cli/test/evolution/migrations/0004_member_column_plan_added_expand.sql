-- Step 1 of 3. Then deploy the code that writes the new columns, and run the second step when no
-- older code writes any more: annals rebuild member

-- member: the column plan is added.
alter table "public"."members" add column "plan" text collate "C";

alter table "public"."members" add column "plan_filled" integer;

create function "public"."members_plan_filled"() returns trigger
language plpgsql as $$
begin
  new."plan_filled" := new.version;
  return new;
end
$$;

create trigger "members_plan_filled_update"
before update of "plan" on "public"."members"
for each row execute function "public"."members_plan_filled"();

create trigger "members_plan_filled_insert"
before insert on "public"."members"
for each row when (new."plan" is not null) execute function "public"."members_plan_filled"();

-- member: the index members_plan_idx is added.
-- Lists by plan, in its order.
create index "members_plan_idx" on "public"."members" ("plan", "id");
