-- member: the column score becomes bigint not null. It rewrites the table, and nobody reads or writes it meanwhile.
alter table "public"."members" alter column "score" type bigint using "score"::text::bigint;

-- member: the constraint members_score_check is dropped.
alter table "public"."members" drop constraint if exists "members_score_check";

-- member: the index members_name_email_key is added.
-- No two live rows share name and email.
create unique index "members_name_email_key" on "public"."members" ("name", "email") where "deleted_at" is null;

-- member: the index members_name_email_key_deleted is added.
-- Finds deleted rows by name and email.
create index "members_name_email_key_deleted" on "public"."members" ("name", "email", "id") where "deleted_at" is not null;
