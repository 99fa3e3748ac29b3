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
