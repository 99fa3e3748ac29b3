-- member: the constraint members_plan_enum changes.
alter table "public"."members" drop constraint if exists "members_plan_enum";

alter table "public"."members" add constraint "members_plan_enum" check ("plan" in ('free', 'paid', 'team')) not valid;

alter table "public"."members" validate constraint "members_plan_enum";
