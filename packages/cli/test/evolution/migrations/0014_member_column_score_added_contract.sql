-- Step 3 of 3. Refused while a row is not filled, which is what the second step is for: annals rebuild member

-- member: the column score is added.
lock table "public"."members" in share row exclusive mode;
do $$
begin
  if exists (select from "public"."members" where "score_filled" is distinct from version) then
    raise exception 'members.score is not filled in every row' using hint = 'Run annals rebuild member, when no old code writes any more, and migrate again.';
  end if;
end
$$;

alter table "public"."members" drop column "score_filled" cascade;

drop function "public"."members_score_filled"() cascade;

alter table "public"."members" alter column "score" set not null;

-- member: the constraint members_score_check is added.
alter table "public"."members" add constraint "members_score_check" check ("score" >= 0) not valid;

alter table "public"."members" validate constraint "members_score_check";
