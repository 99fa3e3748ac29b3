alter table "public"."projects" add column "deleted_at" timestamptz(3);

-- What a constraint kept unique, an index keeps among live rows.
alter table "public"."projects" drop constraint "projects_slug_key";
create unique index "projects_slug_key" on "public"."projects" ("slug") where "deleted_at" is null;
create index "projects_slug_key_deleted" on "public"."projects" ("slug", "id") where "deleted_at" is not null;

-- Each index of lists becomes two.
drop index "public"."projects_created_at_idx", "public"."projects_title_idx";
create index "projects_created_at_idx" on "public"."projects" ("created_at", "id") where "deleted_at" is null;
create index "projects_created_at_idx_deleted" on "public"."projects" ("created_at", "id") where "deleted_at" is not null;
create index "projects_title_idx" on "public"."projects" ("title", "id") where "deleted_at" is null;
create index "projects_title_idx_deleted" on "public"."projects" ("title", "id") where "deleted_at" is not null;
create index "projects_deleted_at_idx" on "public"."projects" ("deleted_at", "id") where "deleted_at" is not null;
