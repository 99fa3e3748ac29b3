-- publish
select published, duplicates, last_position
from "app"."feed_events_publish"($1::json, $2::jsonb, $3::timestamptz, $4, $5::interval);

-- the latest event
select 'feed' as topic, key as id, 0 as sequence, position,
  round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, headers, bytes
from "app"."feed_latest"
where key = $1;

-- read a topic of its own
select min(topic) as topic, json_agg(id) as id, json_agg(sequence) as sequence, json_agg(position) as position, json_agg(recorded_at) as recorded_at, json_agg(event) as event, case when bool_or(context is not null) then json_agg(context) end as context, case when bool_or(headers is not null) then json_agg(headers) end as headers, case when bool_or(bytes is not null) then json_agg(encode(bytes, 'hex')) end as bytes
from (
select *, (row_number() over (order by position) - 1) / 50 as part from (
(
  select 'feed' as topic, key as id, 0 as sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, headers, bytes
  from "app"."feed_events"
  where position > $1::bigint and position <= $2::bigint
    and concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $4::text
    and event_type <> all ($8::text[])
    and $5::int[] is null and $6::int is null
    and $7::text[] is null
  order by position
  limit $3::int
)
) as event
) as event
group by part
order by part;

-- read an entity and a topic
select json_agg(topic) as topic, json_agg(id) as id, json_agg(sequence) as sequence, json_agg(position) as position, json_agg(recorded_at) as recorded_at, json_agg(event) as event, case when bool_or(context is not null) then json_agg(context) end as context, case when bool_or(headers is not null) then json_agg(headers) end as headers, case when bool_or(bytes is not null) then json_agg(encode(bytes, 'hex')) end as bytes
from (
select *, (row_number() over (order by position) - 1) / 50 as part from (
(
  select 'person' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, null::jsonb as headers, null::bytea as bytes
  from "app"."person_events"
  where position > $1::bigint and position <= $2::bigint
    and concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $4::text
    and event_type <> all ($8::text[])
    and $5::int[] is null and $6::int is null
    and $7::text[] is null
  order by position
  limit $3::int
)
union all
(
  select 'feed' as topic, key as id, 0 as sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, headers, bytes
  from "app"."feed_events"
  where position > $1::bigint and position <= $2::bigint
    and concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $4::text
    and event_type <> all ($9::text[])
    and $5::int[] is null and $6::int is null
    and $7::text[] is null
  order by position
  limit $3::int
)
order by position
limit $3::int
) as event
) as event
group by part
order by part;

-- add a partition
create table "app"."feed_events_p7" (like "app"."feed_events" including all);
create trigger "feed_events_p7_immutable"
before update or delete or truncate on "app"."feed_events_p7"
for each statement execute function annals.refuse_change();
alter table "app"."feed_events" attach partition "app"."feed_events_p7" for values in (7);
