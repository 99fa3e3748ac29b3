-- Step 3 of 3. Refused while a row is not filled, which is what the second step is for: annals rebuild member

-- member: the column name is added.
lock table "public"."members" in share row exclusive mode;
do $$
begin
  if exists (select from "public"."members" where "name_filled" is distinct from version) then
    raise exception 'members.name is not filled in every row' using hint = 'Run annals rebuild member, when no old code writes any more, and migrate again.';
  end if;
end
$$;

alter table "public"."members" drop column "name_filled" cascade;

drop function "public"."members_name_filled"() cascade;

alter table "public"."members" alter column "name" set not null;
