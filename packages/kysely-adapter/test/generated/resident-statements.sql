-- create, deleted
with w as (
  insert into "app"."residents" (id, created_at, version, "deleted_at", "email", "house", "room", "score")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, coalesce($4::timestamptz, now()), $8::text, $9::text, $10::bigint, $11::bigint
  where (select set_config('lock_timeout', $5, true)) is not null and $2::int = 0
  returning id, created_at as at
)
select true as written, "app"."resident_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append
with w as (
  update "app"."residents" u set version = $3::int, "email" = $8::text, "house" = $9::text, "room" = $10::bigint, "score" = $11::bigint
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."resident_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- delete
with w as (
  update "app"."residents" u set version = $3::int, "deleted_at" = coalesce($4::timestamptz, now()), "email" = $8::text, "house" = $9::text, "room" = $10::bigint, "score" = $11::bigint
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."resident_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- restore
with w as (
  update "app"."residents" u set version = $3::int, "deleted_at" = null, "email" = $8::text, "house" = $9::text, "room" = $10::bigint, "score" = $11::bigint
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."resident_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- create many
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "email" text, "house" text, "room" bigint, "score" bigint)
  where bound.applied is not null
  order by g.id
),
taken as materialized (
  select g."$at" as at, c.which
  from given g cross join lateral (select case
      when (select true from "app"."residents" o where o.id = g.id) then 0
      when g."$deletion" is distinct from 'deleted' and (select true from "app"."residents" o where o."email" = g."email" and o.deleted_at is null) then 1
      when g."$deletion" is distinct from 'deleted' and (select true from "app"."residents" o where o."house" = g."house" and o."room" = g."room" and o.deleted_at is null) then 2
    end as which) c
  where c.which is not null
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."residents" (id, created_at, version, deleted_at, "email", "house", "room", "score")
  select id, coalesce($4::timestamptz, now()), version, case when "$deletion" = 'deleted' then coalesce($4::timestamptz, now()) end, "email", "house", "room", "score"
  from given
  where (select at from taken) is null
  order by "email", id
  returning id
)
select taken.at as taken_at, taken.which as taken_in,
  case when taken.at is null then "app"."resident_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join taken on true;

-- create each
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "email" text, "house" text, "room" bigint, "score" bigint)
  where bound.applied is not null
  order by g.id
),
written as (
  insert into "app"."residents" (id, created_at, version, deleted_at, "email", "house", "room", "score")
  select id, coalesce($4::timestamptz, now()), version, null::timestamptz, "email", "house", "room", "score"
  from given
  order by "email", id
  on conflict do nothing
  returning id
)
select "app"."resident_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())),
  (select string_agg("$at"::text, ',') from given where id not in (select id from written)) as refused,
  set_config('lock_timeout', bound.previous, true)
from bound;

-- append to each
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "email" text, "house" text, "room" bigint, "score" bigint)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored", case g."$deletion" when 'deleted' then coalesce($4::timestamptz, now()) when 'restored' then null else u.deleted_at end as "$deleted"
  from given g left join lateral (
    select * from "app"."residents" where id = g.id for no key update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
written as (
  insert into "app"."residents" (id, created_at, version, deleted_at, "email", "house", "room", "score")
  select id, now(), version, "$deleted", "email", "house", "room", "score"
  from locked
  where "$stored" = "$expected"
  order by "$place"
  on conflict (id) do update set version = excluded.version, deleted_at = excluded.deleted_at, "email" = excluded."email", "house" = excluded."house", "room" = excluded."room", "score" = excluded."score"
  returning id
)
select "app"."resident_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())),
  (select string_agg("$at"::text, ',') from locked where "$stored" is distinct from "$expected") as refused,
  set_config('lock_timeout', bound.previous, true)
from bound;

-- append to many whose unique values move
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "email" text, "house" text, "room" bigint, "score" bigint)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored", case g."$deletion" when 'deleted' then coalesce($4::timestamptz, now()) when 'restored' then null else u.deleted_at end as "$deleted"
  from given g left join lateral (
    select * from "app"."residents" where id = g.id for update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
taken as materialized (
  select g."$at" as at, c.which
  from locked g cross join lateral (select case
      when g."$deleted" is null and (select true from "app"."residents" o where o."email" = g."email" and o.deleted_at is null and o.id <> g.id and o.id not in (select id from given)) then 1
      when g."$deleted" is null and (select true from "app"."residents" o where o."house" = g."house" and o."room" = g."room" and o.deleted_at is null and o.id <> g.id and o.id not in (select id from given)) then 2
    end as which) c
  where c.which is not null and $6::boolean
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."residents" (id, created_at, version, deleted_at, "email", "house", "room", "score")
  select id, now(), version, "$deleted", "email", "house", "room", "score"
  from locked
  where (select at from conflict) is null and (select at from taken) is null
  order by "$place"
  on conflict (id) do update set version = excluded.version, deleted_at = excluded.deleted_at, "email" = excluded."email", "house" = excluded."house", "room" = excluded."room", "score" = excluded."score"
  returning id
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in,
  case when conflict.at is null and taken.at is null then "app"."resident_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound cross join conflict left join taken on true;

-- make room for values that go around in a circle
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $3, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "$deletion" text, "email" text, "house" text, "room" bigint, "score" bigint)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored", case g."$deletion" when 'deleted' then coalesce($4::timestamptz, now()) when 'restored' then null else u.deleted_at end as "$deleted"
  from given g left join lateral (
    select * from "app"."residents" where id = g.id for update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
taken as materialized (
  select g."$at" as at, c.which
  from locked g cross join lateral (select case
      when g."$deleted" is null and (select true from "app"."residents" o where o."email" = g."email" and o.deleted_at is null and o.id <> g.id and o.id not in (select id from given)) then 1
      when g."$deleted" is null and (select true from "app"."residents" o where o."house" = g."house" and o."room" = g."room" and o.deleted_at is null and o.id <> g.id and o.id not in (select id from given)) then 2
    end as which) c
  where c.which is not null
  order by g."$at"
  limit 1
),
parked as materialized (
  select p.*, (
    select s."email" from unnest(p."$email") with ordinality as s ("email", "$nth")
    where (select true from "app"."residents" o where o."email" = s."email" and o.deleted_at is null) is null
    order by s."$nth" limit 1
  ) as "email", (
    select s."house" from unnest(p."$house") with ordinality as s ("house", "$nth")
    where (select true from "app"."residents" o where o."house" = s."house" and o."room" = u."room" and o.deleted_at is null) is null
    order by s."$nth" limit 1
  ) as "house"
  from json_to_recordset($2::json) as p ("$id" uuid, "$email" text[], "$house" text[])
    cross join lateral (select * from "app"."residents" where id = p."$id" limit 1) u
),
stuck as materialized (
  select min(case
    when p."$email" is not null and p."email" is null then 0
    when p."$house" is not null and p."house" is null then 1
  end) as at from parked p
),
moved as (
  insert into "app"."residents" (id, created_at, version, deleted_at, "email", "house", "room", "score")
  select u.id, u.created_at, u.version, u.deleted_at, case when p."$email" is null then u."email" else p."email" end, case when p."$house" is null then u."house" else p."house" end, u."room", u."score"
  from parked p cross join lateral (select * from "app"."residents" where id = p."$id" limit 1) u
  where (select at from conflict) is null and (select at from taken) is null
    and (select at from stuck) is null
  on conflict (id) do update set "email" = excluded."email", "house" = excluded."house"
  returning id
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in, stuck.at as stuck,
  (select count(*) from moved) as parked,
  set_config('lock_timeout', bound.previous, true)
from bound cross join conflict cross join stuck left join taken on true;

-- load one
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events
from "app"."residents" u
where u.id = $1::uuid and u."deleted_at" is null;

-- load one, deleted too
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events
from "app"."residents" u
where u.id = $1::uuid;

-- load many
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events
from "app"."residents" u
where u.id = any ($1::uuid[]) and u."deleted_at" is null;

-- load many, deleted too
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events
from "app"."residents" u
where u.id = any ($1::uuid[]);

-- find by residents_email_key
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events
from "app"."residents" u
where u."email" = $1::text and u."deleted_at" is null;

-- find what is newer, deleted too
select u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from "app"."resident_events" where id = u.id and sequence = u.version
  ) end as mark
from (
  (select u.id, u.version, u.deleted_at from "app"."residents" u where u."email" = $1::text and u.deleted_at is null)
  union all
  (select u.id, u.version, u.deleted_at from "app"."residents" u where u."email" = $1::text and u.deleted_at is not null
    order by u.deleted_at desc, u.id desc limit 1)
  order by deleted_at desc nulls first
  limit 1
) u
cross join lateral (
  select coalesce((
    select h.sequence from "app"."resident_events" h
    where h.id = u.id and u.id = $2::uuid and h.sequence = $3::int
      and h.position = $4::bigint and h.recorded_at = $5::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', 'app', 'resident_events') and x.entity_id = u.id
      )
  ), 0) as since
  offset 0
) k;

-- find by residents_email_key, deleted too
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events
from (
  (select u.id, u.version, u.deleted_at from "app"."residents" u where u."email" = $1::text and u.deleted_at is null)
  union all
  (select u.id, u.version, u.deleted_at from "app"."residents" u where u."email" = $1::text and u.deleted_at is not null
    order by u.deleted_at desc, u.id desc limit 1)
  order by deleted_at desc nulls first
  limit 1
) u;

-- list
with page as (
  select u.id, u.version, to_json(u."created_at") #>> '{}' as position, row_number() over (order by u."created_at" asc, u.id asc) as place
  from "app"."residents" u
  where (u."house" = $1::text)
    and (u."created_at", u.id) > ($3::timestamptz(3), $2::uuid)
    and u."deleted_at" is null
  order by u."created_at" asc, u.id asc
  limit $4::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- list, deleted too
with page as (
  select u.id, u.version, to_json(u."created_at") #>> '{}' as position, row_number() over (order by u."created_at" asc, u.id asc) as place
  from (
  (select u.* from "app"."residents" u
  where (u."house" = $1::text)
    and (u."created_at", u.id) > ($3::timestamptz(3), $2::uuid)
    and u."deleted_at" is null
  order by u."created_at" asc, u.id asc limit $4::bigint)
  union all
  (select u.* from "app"."residents" u
  where (u."house" = $1::text)
    and (u."created_at", u.id) > ($3::timestamptz(3), $2::uuid)
    and u."deleted_at" is not null
  order by u."created_at" asc, u.id asc limit $4::bigint)
  ) u
  order by u."created_at" asc, u.id asc
  limit $4::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- list what is deleted
with page as (
  select u.id, u.version, to_json(u."deleted_at") #>> '{}' as position, row_number() over (order by u."deleted_at" desc, u.id desc) as place
  from "app"."residents" u
  where not (u."deleted_at" is null)
    and (u."deleted_at", u.id) < ($2::timestamptz(3), $1::uuid)
    and u."deleted_at" is not null
  order by u."deleted_at" desc, u.id desc
  limit $3::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."resident_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- count
select count(*)::int as count
from (select from "app"."residents" u where (u."house" = $1::text) and u."deleted_at" is null) counted;

-- count, deleted too, up to a limit
select count(*)::int as count
from ((select from "app"."residents" u where (u."house" = $1::text) and u."deleted_at" is null limit $2::bigint)
  union all
  (select from "app"."residents" u where (u."house" = $1::text) and u."deleted_at" is not null limit $2::bigint) limit $2::bigint) counted;
