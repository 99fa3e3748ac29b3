-- No two live rows share email.
create unique index "residents_email_key" on "app"."residents" ("email") where "deleted_at" is null;

-- Finds deleted rows by email.
create index "residents_email_key_deleted" on "app"."residents" ("email", "id") where "deleted_at" is not null;
