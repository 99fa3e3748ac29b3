-- Step 1 of 3. Then deploy the code that writes the new columns, and run the second step when no
-- older code writes any more: annals rebuild member

-- member: the column score is added.
alter table "public"."members" add column "score" integer;

alter table "public"."members" add column "score_filled" integer;

create function "public"."members_score_filled"() returns trigger
language plpgsql as $$
begin
  new."score_filled" := new.version;
  return new;
end
$$;

create trigger "members_score_filled_update"
before update of "score" on "public"."members"
for each row execute function "public"."members_score_filled"();

create trigger "members_score_filled_insert"
before insert on "public"."members"
for each row when (new."score" is not null) execute function "public"."members_score_filled"();

-- member: the index members_score_idx is added.
-- Lists by score, in its order.
create index "members_score_idx" on "public"."members" ("score", "id") where "deleted_at" is null;

-- member: the index members_score_idx_deleted is added.
-- Lists by score, in its order, of deleted rows.
create index "members_score_idx_deleted" on "public"."members" ("score", "id") where "deleted_at" is not null;
