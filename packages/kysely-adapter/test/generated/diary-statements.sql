-- load one
select u.id, u.version, (
    select json_build_array(s.version, s.snapshot, (select json_agg(e.event) from (
      select event from "app"."diary_events" where id = u.id and sequence > coalesce(s.version, 0) order by sequence
    ) e))
    from (select 1) one left join "app"."diary_snapshots" s on s.id = u.id and s.fingerprint = '<fingerprint>' and s.version <= u.version
  ) as kept
from "app"."diaries" u
where u.id = $1::uuid and u."deleted_at" is null;

-- load one with its history
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."diary_events" where id = u.id order by sequence
  ) e) as events
from "app"."diaries" u
where u.id = $1::uuid and u."deleted_at" is null;

-- load many
select u.id, u.version, (
    select json_build_array(s.version, s.snapshot, (select json_agg(e.event) from (
      select event from "app"."diary_events" where id = u.id and sequence > coalesce(s.version, 0) order by sequence
    ) e))
    from (select 1) one left join "app"."diary_snapshots" s on s.id = u.id and s.fingerprint = '<fingerprint>' and s.version <= u.version
  ) as kept
from "app"."diaries" u
where u.id = any ($1::uuid[]) and u."deleted_at" is null;

-- append
with w as (
  update "app"."diaries" u set version = $3::int, "owner" = $8::text, "day" = $9::timestamptz(3)
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."diary_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append and keep
with w as (
  update "app"."diaries" u set version = $3::int, "owner" = $8::text, "day" = $9::timestamptz(3)
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', $3::int, $10::jsonb, w.at
  from w
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using w
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= $3::int - 10
)
select true as written, "app"."diary_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append and keep, in a transaction
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
w as (
  update "app"."diaries" u set version = $3::int, "owner" = $8::text, "day" = $9::timestamptz(3)
  from bound
  where u.id = $1::uuid and u.version = $2::int and bound.applied is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', $3::int, $10::jsonb, w.at
  from w
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using w
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= $3::int - 10
)
select w.id is not null as written, case when w.id is not null then "app"."diary_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join w on true;

-- append and keep, with a key
with locked as (
  select u.id from "app"."diaries" u
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.diary', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from locked
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  update "app"."diaries" u set version = $3::int, "owner" = $11::text, "day" = $12::timestamptz(3)
  from claimed
  where u.id = $1::uuid and u.version = $2::int and claimed.entity_id = $1::uuid
  returning u.id, coalesce($4::timestamptz, now()) as at
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', $3::int, $13::jsonb, w.at
  from w
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using w
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= $3::int - 10
)
select true as written, "app"."diary_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- create and keep
with w as (
  insert into "app"."diaries" (id, created_at, version, "owner", "day")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, $8::text, $9::timestamptz(3)
  where (select set_config('lock_timeout', $5, true)) is not null and $2::int = 0
  returning id, created_at as at
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', $3::int, $10::jsonb, w.at
  from w
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using w
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= $3::int - 10
)
select true as written, "app"."diary_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- create many
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "$snapshot" jsonb, "owner" text, "day" timestamptz(3))
  where bound.applied is not null
  order by g.id
),
taken as materialized (
  select g."$at" as at, c.which
  from given g cross join lateral (select case
      when (select true from "app"."diaries" o where o.id = g.id) then 0
      when g."$deletion" is distinct from 'deleted' and (select true from "app"."diaries" o where o."owner" = g."owner" and o.deleted_at is null) then 1
    end as which) c
  where c.which is not null
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."diaries" (id, created_at, version, deleted_at, "owner", "day")
  select id, coalesce($4::timestamptz, now()), version, case when "$deletion" = 'deleted' then coalesce($4::timestamptz, now()) end, "owner", "day"
  from given
  where (select at from taken) is null
  order by "owner", id
  returning id
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', g.version, g."$snapshot", coalesce($4::timestamptz, now())
  from written w join given g on g.id = w.id
  where g."$snapshot" is not null
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using written w join given g on g.id = w.id
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= g.version - 10 and g."$snapshot" is not null
)
select taken.at as taken_at, taken.which as taken_in,
  case when taken.at is null then "app"."diary_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join taken on true;

-- update many
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "$snapshot" jsonb, "owner" text, "day" timestamptz(3))
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored", case g."$deletion" when 'deleted' then coalesce($4::timestamptz, now()) when 'restored' then null else u.deleted_at end as "$deleted"
  from given g left join lateral (
    select * from "app"."diaries" where id = g.id for no key update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
taken as materialized (
  select g."$at" as at, c.which
  from locked g cross join lateral (select case
      when g."$deleted" is null and (select true from "app"."diaries" o where o."owner" = g."owner" and o.deleted_at is null and o.id <> g.id and o.id not in (select id from given)) then 1
    end as which) c
  where c.which is not null and $6::boolean
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."diaries" (id, created_at, version, deleted_at, "owner", "day")
  select id, now(), version, "$deleted", "owner", "day"
  from locked
  where (select at from conflict) is null and (select at from taken) is null
  order by "$place"
  on conflict (id) do update set version = excluded.version, deleted_at = excluded.deleted_at, "owner" = excluded."owner", "day" = excluded."day"
  returning id
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', g.version, g."$snapshot", coalesce($4::timestamptz, now())
  from written w join given g on g.id = w.id
  where g."$snapshot" is not null
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using written w join given g on g.id = w.id
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= g.version - 10 and g."$snapshot" is not null
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in,
  case when conflict.at is null and taken.at is null then "app"."diary_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound cross join conflict left join taken on true;

-- create each
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "$snapshot" jsonb, "owner" text, "day" timestamptz(3))
  where bound.applied is not null
  order by g.id
),
written as (
  insert into "app"."diaries" (id, created_at, version, deleted_at, "owner", "day")
  select id, coalesce($4::timestamptz, now()), version, null::timestamptz, "owner", "day"
  from given
  order by "owner", id
  on conflict do nothing
  returning id
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', g.version, g."$snapshot", coalesce($4::timestamptz, now())
  from written w join given g on g.id = w.id
  where g."$snapshot" is not null
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using written w join given g on g.id = w.id
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= g.version - 10 and g."$snapshot" is not null
)
select "app"."diary_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())),
  (select string_agg("$at"::text, ',') from given where id not in (select id from written)) as refused,
  set_config('lock_timeout', bound.previous, true)
from bound;

-- append to each
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "$snapshot" jsonb, "owner" text, "day" timestamptz(3))
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored", case g."$deletion" when 'deleted' then coalesce($4::timestamptz, now()) when 'restored' then null else u.deleted_at end as "$deleted"
  from given g left join lateral (
    select * from "app"."diaries" where id = g.id for no key update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
written as (
  insert into "app"."diaries" (id, created_at, version, deleted_at, "owner", "day")
  select id, now(), version, "$deleted", "owner", "day"
  from locked
  where "$stored" = "$expected"
  order by "$place"
  on conflict (id) do update set version = excluded.version, deleted_at = excluded.deleted_at, "owner" = excluded."owner", "day" = excluded."day"
  returning id
),
kept as (
  insert into "app"."diary_snapshots" (id, fingerprint, version, snapshot, taken_at)
  select w.id, '<fingerprint>', g.version, g."$snapshot", coalesce($4::timestamptz, now())
  from written w join given g on g.id = w.id
  where g."$snapshot" is not null
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from "app"."diary_snapshots" s using written w join given g on g.id = w.id
  where s.id = w.id and s.fingerprint <> '<fingerprint>' and s.version <= g.version - 10 and g."$snapshot" is not null
)
select "app"."diary_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())),
  (select string_agg("$at"::text, ',') from locked where "$stored" is distinct from "$expected") as refused,
  set_config('lock_timeout', bound.previous, true)
from bound;

-- what is to be verified
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."diary_events" where id = u.id order by sequence
  ) e) as events,
  (select json_build_array(version, snapshot) from "app"."diary_snapshots" where id = u.id and fingerprint = '<fingerprint>') as snapshot
from "app"."diaries" u
where u.id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') and u.id <= $2::uuid
order by u.id;

-- drop wrong ones
delete from "app"."diary_snapshots" s using json_to_recordset($1::json) as e (id uuid, version int)
where s.id = e.id and s.fingerprint = '<fingerprint>' and s.version = e.version
returning s.id;

-- drop those of somebody who is forgotten
delete from "app"."diary_snapshots" where id = $1::uuid;

-- what is left of somebody who is forgotten
select count(*)::int as rows from "app"."diary_snapshots" s
join annals.subject_uses u on u.id = s.id::text
where u.subject = $1 and u.topic = 'diary'
  and s.version < (select max(sequence) from "app"."diary_events" e where e.id = s.id and e.event_type = $2);
