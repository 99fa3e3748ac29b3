-- Step 3 of 3. Refused while a row is not filled, which is what the second step is for: annals rebuild member

-- member: the column domain is added.
lock table "public"."members" in share row exclusive mode;
do $$
begin
  if exists (select from "public"."members" where "domain_filled" is distinct from version) then
    raise exception 'members.domain is not filled in every row' using hint = 'Run annals rebuild member, when no old code writes any more, and migrate again.';
  end if;
end
$$;

alter table "public"."members" drop column "domain_filled" cascade;

drop function "public"."members_domain_filled"() cascade;
