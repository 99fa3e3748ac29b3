-- team: the entity and all of its events are dropped. Its events are gone for good.
drop table "public"."team_events";

drop table "public"."teams";

drop function "public"."team_events_guard"();

drop function "public"."team_events_insert_one"(uuid, int, jsonb, jsonb, timestamptz);

drop function "public"."team_events_insert"(uuid[], json, jsonb, timestamptz);

-- member: the trigger member_events_contiguous is dropped.
drop trigger "member_events_contiguous" on "public"."member_events";

-- member: the function member_events_guard is dropped.
drop function "public"."member_events_guard"();
