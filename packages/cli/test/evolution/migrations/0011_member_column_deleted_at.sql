-- member: the column deleted_at is added.
alter table "public"."members" add column "deleted_at" timestamptz(3);

-- member: the constraint members_email_key is dropped.
alter table "public"."members" drop constraint if exists "members_email_key";

-- member: the constraint members_handle_key is dropped.
alter table "public"."members" drop constraint if exists "members_handle_key";

-- member: the index members_email_key is added.
-- No two live rows share email.
create unique index "members_email_key" on "public"."members" ("email") where "deleted_at" is null;

-- member: the index members_email_key_deleted is added.
-- Finds deleted rows by email.
create index "members_email_key_deleted" on "public"."members" ("email", "id") where "deleted_at" is not null;

-- member: the index members_handle_key is added.
-- No two live rows share handle.
create unique index "members_handle_key" on "public"."members" ("handle") where "deleted_at" is null;

-- member: the index members_handle_key_deleted is added.
-- Finds deleted rows by handle.
create index "members_handle_key_deleted" on "public"."members" ("handle", "id") where "deleted_at" is not null;

-- member: the index members_created_at_idx changes.
drop index if exists "public"."members_created_at_idx";

-- Lists by creation time.
create index "members_created_at_idx" on "public"."members" ("created_at", "id") where "deleted_at" is null;

-- member: the index members_created_at_idx_deleted is added.
-- Lists by creation time, of deleted rows.
create index "members_created_at_idx_deleted" on "public"."members" ("created_at", "id") where "deleted_at" is not null;

-- member: the index members_name_idx changes.
drop index if exists "public"."members_name_idx";

-- Lists by name, in its order.
create index "members_name_idx" on "public"."members" ("name", "id") where "deleted_at" is null;

-- member: the index members_name_idx_deleted is added.
-- Lists by name, in its order, of deleted rows.
create index "members_name_idx_deleted" on "public"."members" ("name", "id") where "deleted_at" is not null;

-- member: the index members_plan_idx changes.
drop index if exists "public"."members_plan_idx";

-- Lists by plan, in its order.
create index "members_plan_idx" on "public"."members" ("plan", "id") where "deleted_at" is null;

-- member: the index members_plan_idx_deleted is added.
-- Lists by plan, in its order, of deleted rows.
create index "members_plan_idx_deleted" on "public"."members" ("plan", "id") where "deleted_at" is not null;

-- member: the index members_handle_idx changes.
drop index if exists "public"."members_handle_idx";

-- Lists by handle, where it has no value.
create index "members_handle_idx" on "public"."members" ("id") where "deleted_at" is null and "handle" is null;

-- member: the index members_handle_idx_deleted is added.
-- Lists by handle, where it has no value, of deleted rows.
create index "members_handle_idx_deleted" on "public"."members" ("id") where "deleted_at" is not null and "handle" is null;

-- member: the index members_domain_idx changes.
drop index if exists "public"."members_domain_idx";

-- Lists by domain, in its order.
create index "members_domain_idx" on "public"."members" ("domain", "id") where "deleted_at" is null;

-- member: the index members_domain_idx_deleted is added.
-- Lists by domain, in its order, of deleted rows.
create index "members_domain_idx_deleted" on "public"."members" ("domain", "id") where "deleted_at" is not null;

-- member: the index members_deleted_at_idx is added.
-- Lists what is deleted, in the order of its deletion.
create index "members_deleted_at_idx" on "public"."members" ("deleted_at", "id") where "deleted_at" is not null;

-- member: the constraint member_events_event_type_check changes.
alter table "public"."member_events" drop constraint if exists "member_events_event_type_check";

alter table "public"."member_events" add constraint "member_events_event_type_check" check ("event_type" in ('Joined', 'PlanChosen', 'Scored', 'Left', 'Returned')) not valid;

alter table "public"."member_events" validate constraint "member_events_event_type_check";
