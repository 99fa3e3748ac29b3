-- Step 3 of 3. Refused while a row is not filled, which is what the second step is for: annals rebuild member

-- member: the column plan is added.
lock table "public"."members" in share row exclusive mode;
do $$
begin
  if exists (select from "public"."members" where "plan_filled" is distinct from version) then
    raise exception 'members.plan is not filled in every row' using hint = 'Run annals rebuild member, when no old code writes any more, and migrate again.';
  end if;
end
$$;

alter table "public"."members" drop column "plan_filled" cascade;

drop function "public"."members_plan_filled"() cascade;

alter table "public"."members" alter column "plan" set not null;

-- member: the constraint members_plan_enum is added.
alter table "public"."members" add constraint "members_plan_enum" check ("plan" in ('free', 'paid')) not valid;

alter table "public"."members" validate constraint "members_plan_enum";
