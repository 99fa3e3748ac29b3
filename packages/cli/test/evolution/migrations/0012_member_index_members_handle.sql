-- member: the index members_handle_idx_deleted is dropped.
drop index if exists "public"."members_handle_idx_deleted";

-- member: the index members_handle_idx is dropped.
drop index if exists "public"."members_handle_idx";

-- member: the index members_handle_key_deleted is dropped.
drop index if exists "public"."members_handle_key_deleted";

-- member: the index members_handle_key is dropped.
drop index if exists "public"."members_handle_key";

-- member: the column handle is dropped.
alter table "public"."members" drop column "handle";
