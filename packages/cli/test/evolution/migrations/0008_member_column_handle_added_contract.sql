-- Step 3 of 3. Refused while a row is not filled, which is what the second step is for: annals rebuild member

-- member: the column handle is added.
lock table "public"."members" in share row exclusive mode;
do $$
begin
  if exists (select from "public"."members" where "handle_filled" is distinct from version) then
    raise exception 'members.handle is not filled in every row' using hint = 'Run annals rebuild member, when no old code writes any more, and migrate again.';
  end if;
end
$$;

alter table "public"."members" drop column "handle_filled" cascade;

drop function "public"."members_handle_filled"() cascade;

-- member: the constraint members_handle_key is added.
alter table "public"."members" add constraint "members_handle_key" unique ("handle");
