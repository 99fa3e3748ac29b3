-- create, one event
with w as (
  insert into "app"."bookings" (id, created_at, version, "tenant_id", "branch", "code", "guest")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, $8::uuid, $9::bigint, $10::text, $11::text
  where (select set_config('lock_timeout', $5, true)) is not null and $2::int = 0
  returning id, created_at as at
)
select true as written, "app"."booking_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append
with w as (
  update "app"."bookings" u set version = $3::int, "code" = $8::text, "guest" = $9::text
  where u.id = $1::uuid and u.version = $2::int and u."tenant_id" = $10::uuid and u."branch" = $11::bigint and (select set_config('lock_timeout', $5, true)) is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."booking_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append with a key
with locked as (
  select u.id from "app"."bookings" u
  where u.id = $1::uuid and u.version = $2::int and u."tenant_id" = $14::uuid and u."branch" = $15::bigint and (select set_config('lock_timeout', $5, true)) is not null
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.booking ' || $11::text, $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from locked
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  update "app"."bookings" u set version = $3::int, "code" = $12::text, "guest" = $13::text
  from claimed
  where u.id = $1::uuid and u.version = $2::int and u."tenant_id" = $14::uuid and u."branch" = $15::bigint and claimed.entity_id = $1::uuid
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."booking_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- recall a request
select k.is_same, k.first_sequence, k.entity_id as id, k.last_sequence as version,
  case when k.is_same then (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = k.entity_id and sequence <= k.last_sequence order by sequence
  ) e) end as events
from (
  select *, fingerprint = decode($2::text, 'hex') as is_same
  from annals.idempotency_keys
  where scope = 'app.booking ' || $3::text and key = $1::text and expires_at > statement_timestamp()
) k;

-- create many
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "tenant_id" uuid, "branch" bigint, "code" text, "guest" text)
  where bound.applied is not null
  order by g.id
),
taken as materialized (
  select g."$at" as at, c.which
  from given g cross join lateral (select case
      when (select true from "app"."bookings" o where o.id = g.id) then 0
      when g."$deletion" is distinct from 'deleted' and (select true from "app"."bookings" o where o."tenant_id" = g."tenant_id" and o."branch" = g."branch" and o."code" = g."code" and o.deleted_at is null) then 1
    end as which) c
  where c.which is not null
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."bookings" (id, created_at, version, deleted_at, "tenant_id", "branch", "code", "guest")
  select id, coalesce($4::timestamptz, now()), version, case when "$deletion" = 'deleted' then coalesce($4::timestamptz, now()) end, "tenant_id", "branch", "code", "guest"
  from given
  where (select at from taken) is null
  order by "tenant_id", "branch", "code", id
  returning id
)
select taken.at as taken_at, taken.which as taken_in,
  case when taken.at is null then "app"."booking_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join taken on true;

-- append to many
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "tenant_id" uuid, "branch" bigint, "code" text, "guest" text)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored", case g."$deletion" when 'deleted' then coalesce($4::timestamptz, now()) when 'restored' then null else u.deleted_at end as "$deleted"
  from given g left join lateral (
    select * from "app"."bookings" where id = g.id and "tenant_id" = g."tenant_id" and "branch" = g."branch" for no key update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
taken as materialized (
  select g."$at" as at, c.which
  from locked g cross join lateral (select case
      when g."$deleted" is null and (select true from "app"."bookings" o where o."tenant_id" = g."tenant_id" and o."branch" = g."branch" and o."code" = g."code" and o.deleted_at is null and o.id <> g.id and o.id not in (select id from given)) then 1
    end as which) c
  where c.which is not null and $6::boolean
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."bookings" (id, created_at, version, deleted_at, "tenant_id", "branch", "code", "guest")
  select id, now(), version, "$deleted", "tenant_id", "branch", "code", "guest"
  from locked
  where (select at from conflict) is null and (select at from taken) is null
  order by "$place"
  on conflict (id) do update set version = excluded.version, deleted_at = excluded.deleted_at, "code" = excluded."code", "guest" = excluded."guest"
  returning id
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in,
  case when conflict.at is null and taken.at is null then "app"."booking_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound cross join conflict left join taken on true;

-- load one
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = u.id order by sequence
  ) e) as events
from "app"."bookings" u
where u.id = $1::uuid and u."deleted_at" is null and u."tenant_id" = $2::uuid and u."branch" = $3::bigint;

-- load one of any scope
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = u.id order by sequence
  ) e) as events
from "app"."bookings" u
where u.id = $1::uuid and u."deleted_at" is null;

-- load what is newer of one
select u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from "app"."booking_events" where id = u.id and sequence = u.version
  ) end as mark
from "app"."bookings" u
cross join lateral (
  select coalesce((
    select h.sequence from "app"."booking_events" h
    where h.id = u.id and u.id = $4::uuid and h.sequence = $5::int
      and h.position = $6::bigint and h.recorded_at = $7::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', 'app', 'booking_events') and x.entity_id = u.id
      )
  ), 0) as since
  offset 0
) k
where u.id = $1::uuid and u."deleted_at" is null and u."tenant_id" = $2::uuid and u."branch" = $3::bigint;

-- load many, deleted too
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = u.id order by sequence
  ) e) as events
from "app"."bookings" u
where u.id = any ($1::uuid[]) and u."tenant_id" = $2::uuid and u."branch" = $3::bigint;

-- load one as of a version
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = u.id and sequence <= $2::int order by sequence
  ) e) as events
from "app"."bookings" u
where u.id = $1::uuid and u."deleted_at" is null and u."tenant_id" = $3::uuid and u."branch" = $4::bigint;

-- history
select (select json_agg(json_build_array(e.sequence, e.position, e.recorded_at, e.context, e.event)) from (
    select sequence, position, recorded_at, context, event from "app"."booking_events"
    where id = u.id and sequence > $2::int and sequence < $3::int
    order by sequence asc
    limit $4::int
  ) e) as events
from "app"."bookings" u
where u.id = $1::uuid and u."deleted_at" is null and u."tenant_id" = $5::uuid and u."branch" = $6::bigint;

-- find by bookings_code_key
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = u.id order by sequence
  ) e) as events
from "app"."bookings" u
where u."tenant_id" = $1::uuid and u."branch" = $2::bigint and u."code" = $3::text and u."deleted_at" is null;

-- a query of the user's own
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."booking_events" where id = u.id order by sequence
  ) e) as events
from (
  select id, min(place) as place
  from (select q.id::uuid as id, row_number() over () as place from (
select id from bookings where code = $1
) q) placed
  group by id
) p
join "app"."bookings" u on u.id = p.id and u."deleted_at" is null and u."tenant_id" = $2::uuid and u."branch" = $3::bigint
order by p.place;

-- read a topic for one scope
select min(topic) as topic, json_agg(id) as id, json_agg(sequence) as sequence, json_agg(position) as position, json_agg(recorded_at) as recorded_at, json_agg(event) as event, case when bool_or(context is not null) then json_agg(context) end as context, case when bool_or(scope is not null) then json_agg(scope) end as scope
from (
select *, (row_number() over (order by position) - 1) / 50 as part from (
(
  select 'booking' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, json_build_array("tenant_id", "branch") as scope
  from "app"."booking_events"
  where position > $1::bigint and position <= $2::bigint
    and concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $4::text
    and event_type <> all ($8::text[])
    and $5::int[] is null and $6::int is null
    and $7::text[] is null
    and "tenant_id" = $9::uuid
    and "branch" = $10::bigint
  order by position
  limit $3::int
)
) as event
) as event
group by part
order by part;
