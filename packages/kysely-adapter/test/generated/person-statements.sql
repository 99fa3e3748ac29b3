-- create, one event
with w as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, $8::text, $9::uuid, $10::text, $11::text, $12::text, $13::integer, $14::double precision, $15::boolean, $16::date, $17::timestamptz(3), $18::numeric, $19::text[], $20::uuid, $21::text
  where (select set_config('lock_timeout', $5, true)) is not null and $2::int = 0
  returning id, created_at as at
)
select true as written, "app"."person_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- create, several events
with w as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, $8::text, $9::uuid, $10::text, $11::text, $12::text, $13::integer, $14::double precision, $15::boolean, $16::date, $17::timestamptz(3), $18::numeric, $19::text[], $20::uuid, $21::text
  where (select set_config('lock_timeout', $5, true)) is not null and $2::int = 0
  returning id, created_at as at
)
select true as written, "app"."person_events_insert"(array[w.id], $6::json, $7::jsonb, w.at)
from w;

-- append, one event
with w as (
  update "app"."people" u set version = $3::int, "email" = $8::text, "slug" = $9::text, "status" = $10::text, "nick" = $11::text, "age" = $12::integer, "score" = $13::double precision, "verified" = $14::boolean, "born_on" = $15::date, "seen_at" = $16::timestamptz(3), "fortune" = $17::numeric, "labels" = $18::text[], "boss_id" = $19::uuid, "domain" = $20::text
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."person_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append, several events, in the caller's transaction
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
w as (
  update "app"."people" u set version = $3::int, "email" = $8::text, "slug" = $9::text, "status" = $10::text, "nick" = $11::text, "age" = $12::integer, "score" = $13::double precision, "verified" = $14::boolean, "born_on" = $15::date, "seen_at" = $16::timestamptz(3), "fortune" = $17::numeric, "labels" = $18::text[], "boss_id" = $19::uuid, "domain" = $20::text
  from bound
  where u.id = $1::uuid and u.version = $2::int and bound.applied is not null
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select w.id is not null as written, case when w.id is not null then "app"."person_events_insert"(array[w.id], $6::json, $7::jsonb, w.at) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join w on true;

-- create with a key, one event
with claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.person', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  where (select set_config('lock_timeout', $5, true)) is not null
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, $11::text, $12::uuid, $13::text, $14::text, $15::text, $16::integer, $17::double precision, $18::boolean, $19::date, $20::timestamptz(3), $21::numeric, $22::text[], $23::uuid, $24::text
  from claimed
  where claimed.entity_id = $1::uuid and $2::int = 0
  returning id, created_at as at
)
select true as written, "app"."person_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- create with a key, several events, in the caller's transaction
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.person', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from bound where bound.applied is not null
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, $11::text, $12::uuid, $13::text, $14::text, $15::text, $16::integer, $17::double precision, $18::boolean, $19::date, $20::timestamptz(3), $21::numeric, $22::text[], $23::uuid, $24::text
  from claimed
  where claimed.entity_id = $1::uuid and $2::int = 0
  returning id, created_at as at
)
select w.id is not null as written, case when w.id is not null then "app"."person_events_insert"(array[w.id], $6::json, $7::jsonb, w.at) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join w on true;

-- append with a key, one event
with locked as (
  select u.id from "app"."people" u
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.person', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from locked
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  update "app"."people" u set version = $3::int, "email" = $11::text, "slug" = $12::text, "status" = $13::text, "nick" = $14::text, "age" = $15::integer, "score" = $16::double precision, "verified" = $17::boolean, "born_on" = $18::date, "seen_at" = $19::timestamptz(3), "fortune" = $20::numeric, "labels" = $21::text[], "boss_id" = $22::uuid, "domain" = $23::text
  from claimed
  where u.id = $1::uuid and u.version = $2::int and claimed.entity_id = $1::uuid
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."person_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append with a key, several events, in the caller's transaction
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
locked as (
  select u.id from "app"."people" u, bound
  where u.id = $1::uuid and u.version = $2::int and bound.applied is not null
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.person', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from locked
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  update "app"."people" u set version = $3::int, "email" = $11::text, "slug" = $12::text, "status" = $13::text, "nick" = $14::text, "age" = $15::integer, "score" = $16::double precision, "verified" = $17::boolean, "born_on" = $18::date, "seen_at" = $19::timestamptz(3), "fortune" = $20::numeric, "labels" = $21::text[], "boss_id" = $22::uuid, "domain" = $23::text
  from claimed
  where u.id = $1::uuid and u.version = $2::int and claimed.entity_id = $1::uuid
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select w.id is not null as written, case when w.id is not null then "app"."person_events_insert"(array[w.id], $6::json, $7::jsonb, w.at) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join w on true;

-- recall a request
select k.is_same, k.first_sequence, k.entity_id as id, k.last_sequence as version,
  case when k.is_same then (select json_agg(e.event) from (
    select event from "app"."person_events" where id = k.entity_id and sequence <= k.last_sequence order by sequence
  ) e) end as events
from (
  select *, fingerprint = decode($2::text, 'hex') as is_same
  from annals.idempotency_keys
  where scope = 'app.person' and key = $1::text and expires_at > statement_timestamp()
) k;

-- delete expired keys
with expired as (
  select scope, key from annals.idempotency_keys
  where expires_at <= statement_timestamp()
  order by expires_at
  limit $1
  for update skip locked
),
deleted as (
  delete from annals.idempotency_keys k using expired e
  where k.scope = e.scope and k.key = e.key
  returning true
)
select count(*)::int as deleted from deleted;

-- create or find
with w as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select $1::uuid, coalesce($4::timestamptz, now()), $3::int, $8::text, $9::uuid, $10::text, $11::text, $12::text, $13::integer, $14::double precision, $15::boolean, $16::date, $17::timestamptz(3), $18::numeric, $19::text[], $20::uuid, $21::text
  where (select set_config('lock_timeout', $5, true)) is not null and $2::int = 0
  on conflict (id) do nothing
  returning id, created_at as at
)
select true as written, "app"."person_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- create many
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "email" text, "tenant_id" uuid, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
  where bound.applied is not null
  order by g.id
),
taken as materialized (
  select g."$at" as at, c.which
  from given g cross join lateral (select case
      when (select true from "app"."people" o where o.id = g.id) then 0
      when (select true from "app"."people" o where o."email" = g."email") then 1
      when (select true from "app"."people" o where o."tenant_id" = g."tenant_id" and o."slug" = g."slug") then 2
    end as which) c
  where c.which is not null
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select id, coalesce($4::timestamptz, now()), version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain"
  from given
  where (select at from taken) is null
  order by "email", id
  returning id
)
select taken.at as taken_at, taken.which as taken_in,
  case when taken.at is null then "app"."person_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join taken on true;

-- append to many
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "email" text, "tenant_id" uuid, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored"
  from given g left join lateral (
    select * from "app"."people" where id = g.id for no key update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
taken as materialized (
  select g."$at" as at, c.which
  from locked g cross join lateral (select case
      when (select true from "app"."people" o where o."email" = g."email" and o.id <> g.id and o.id not in (select id from given)) then 1
      when (select true from "app"."people" o where o."tenant_id" = g."tenant_id" and o."slug" = g."slug" and o.id <> g.id and o.id not in (select id from given)) then 2
    end as which) c
  where c.which is not null and $6::boolean
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select id, now(), version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain"
  from locked
  where (select at from conflict) is null and (select at from taken) is null
  order by "$place"
  on conflict (id) do update set version = excluded.version, "email" = excluded."email", "slug" = excluded."slug", "status" = excluded."status", "nick" = excluded."nick", "age" = excluded."age", "score" = excluded."score", "verified" = excluded."verified", "born_on" = excluded."born_on", "seen_at" = excluded."seen_at", "fortune" = excluded."fortune", "labels" = excluded."labels", "boss_id" = excluded."boss_id", "domain" = excluded."domain"
  returning id
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in,
  case when conflict.at is null and taken.at is null then "app"."person_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound cross join conflict left join taken on true;

-- append to many whose unique values move
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "email" text, "tenant_id" uuid, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored"
  from given g left join lateral (
    select * from "app"."people" where id = g.id for update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
taken as materialized (
  select g."$at" as at, c.which
  from locked g cross join lateral (select case
      when (select true from "app"."people" o where o."email" = g."email" and o.id <> g.id and o.id not in (select id from given)) then 1
      when (select true from "app"."people" o where o."tenant_id" = g."tenant_id" and o."slug" = g."slug" and o.id <> g.id and o.id not in (select id from given)) then 2
    end as which) c
  where c.which is not null and $6::boolean
  order by g."$at"
  limit 1
),
written as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select id, now(), version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain"
  from locked
  where (select at from conflict) is null and (select at from taken) is null
  order by "$place"
  on conflict (id) do update set version = excluded.version, "email" = excluded."email", "slug" = excluded."slug", "status" = excluded."status", "nick" = excluded."nick", "age" = excluded."age", "score" = excluded."score", "verified" = excluded."verified", "born_on" = excluded."born_on", "seen_at" = excluded."seen_at", "fortune" = excluded."fortune", "labels" = excluded."labels", "boss_id" = excluded."boss_id", "domain" = excluded."domain"
  returning id
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in,
  case when conflict.at is null and taken.at is null then "app"."person_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())) end,
  set_config('lock_timeout', bound.previous, true)
from bound cross join conflict left join taken on true;

-- make room for values that go around in a circle
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $3, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "email" text, "tenant_id" uuid, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored"
  from given g left join lateral (
    select * from "app"."people" where id = g.id for update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
taken as materialized (
  select g."$at" as at, c.which
  from locked g cross join lateral (select case
      when (select true from "app"."people" o where o."email" = g."email" and o.id <> g.id and o.id not in (select id from given)) then 1
      when (select true from "app"."people" o where o."tenant_id" = g."tenant_id" and o."slug" = g."slug" and o.id <> g.id and o.id not in (select id from given)) then 2
    end as which) c
  where c.which is not null
  order by g."$at"
  limit 1
),
parked as materialized (
  select p.*, (
    select s."email" from unnest(p."$email") with ordinality as s ("email", "$nth")
    where (select true from "app"."people" o where o."email" = s."email") is null
    order by s."$nth" limit 1
  ) as "email", (
    select s."slug" from unnest(p."$slug") with ordinality as s ("slug", "$nth")
    where (length("slug") > 0) is not false and (select true from "app"."people" o where o."tenant_id" = u."tenant_id" and o."slug" = s."slug") is null
    order by s."$nth" limit 1
  ) as "slug"
  from json_to_recordset($2::json) as p ("$id" uuid, "$email" text[], "$slug" text[])
    cross join lateral (select * from "app"."people" where id = p."$id" limit 1) u
),
stuck as materialized (
  select min(case
    when p."$email" is not null and p."email" is null then 0
    when p."$slug" is not null and p."slug" is null then 1
  end) as at from parked p
),
moved as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select u.id, u.created_at, u.version, case when p."$email" is null then u."email" else p."email" end, u."tenant_id", case when p."$slug" is null then u."slug" else p."slug" end, u."status", u."nick", u."age", u."score", u."verified", u."born_on", u."seen_at", u."fortune", u."labels", u."boss_id", u."domain"
  from parked p cross join lateral (select * from "app"."people" where id = p."$id" limit 1) u
  where (select at from conflict) is null and (select at from taken) is null
    and (select at from stuck) is null
  on conflict (id) do update set "email" = excluded."email", "slug" = excluded."slug"
  returning id
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in, stuck.at as stuck,
  (select count(*) from moved) as parked,
  set_config('lock_timeout', bound.previous, true)
from bound cross join conflict cross join stuck left join taken on true;

-- create each
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "email" text, "tenant_id" uuid, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
  where bound.applied is not null
  order by g.id
),
written as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select id, coalesce($4::timestamptz, now()), version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain"
  from given
  order by "email", id
  on conflict do nothing
  returning id
)
select "app"."person_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())),
  (select string_agg("$at"::text, ',') from given where id not in (select id from written)) as refused,
  set_config('lock_timeout', bound.previous, true)
from bound;

-- append to each
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, version integer, "$expected" integer, "$at" integer, "$place" integer, "email" text, "tenant_id" uuid, "slug" text, "status" text, "nick" text, "age" integer, "score" double precision, "verified" boolean, "born_on" date, "seen_at" timestamptz(3), "fortune" numeric, "labels" text[], "boss_id" uuid, "domain" text)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.version as "$stored"
  from given g left join lateral (
    select * from "app"."people" where id = g.id for no key update
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
),
written as (
  insert into "app"."people" (id, created_at, version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain")
  select id, now(), version, "email", "tenant_id", "slug", "status", "nick", "age", "score", "verified", "born_on", "seen_at", "fortune", "labels", "boss_id", "domain"
  from locked
  where "$stored" = "$expected"
  order by "$place"
  on conflict (id) do update set version = excluded.version, "email" = excluded."email", "slug" = excluded."slug", "status" = excluded."status", "nick" = excluded."nick", "age" = excluded."age", "score" = excluded."score", "verified" = excluded."verified", "born_on" = excluded."born_on", "seen_at" = excluded."seen_at", "fortune" = excluded."fortune", "labels" = excluded."labels", "boss_id" = excluded."boss_id", "domain" = excluded."domain"
  returning id
)
select "app"."person_events_insert"((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now())),
  (select string_agg("$at"::text, ',') from locked where "$stored" is distinct from "$expected") as refused,
  set_config('lock_timeout', bound.previous, true)
from bound;

-- load one
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events
from "app"."people" u
where u.id = $1::uuid;

-- load many
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events
from "app"."people" u
where u.id = any ($1::uuid[]);

-- load one to know it
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events,
  (
    select json_build_array(position, recorded_at) from "app"."person_events" where id = u.id and sequence = u.version
  ) as mark
from "app"."people" u
where u.id = $1::uuid;

-- load what is newer of one
select u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from "app"."person_events" where id = u.id and sequence = u.version
  ) end as mark
from "app"."people" u
cross join lateral (
  select coalesce((
    select h.sequence from "app"."person_events" h
    where h.id = u.id and u.id = $2::uuid and h.sequence = $3::int
      and h.position = $4::bigint and h.recorded_at = $5::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', 'app', 'person_events') and x.entity_id = u.id
      )
  ), 0) as since
  offset 0
) k
where u.id = $1::uuid;

-- load what is newer of one with personal values
select u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from "app"."person_events" where id = u.id and sequence = u.version
  ) end as mark
from "app"."people" u
cross join lateral (
  select coalesce((
    select h.sequence from "app"."person_events" h
    where h.id = u.id and u.id = $2::uuid and h.sequence = $3::int
      and h.position = $4::bigint and h.recorded_at = $5::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', 'app', 'person_events') and x.entity_id = u.id
      )
      and not exists (
        select from annals.subjects s
        where s.subject = any ($6::text[]) and s.forgotten_at is not null
      )
  ), 0) as since
  offset 0
) k
where u.id = $1::uuid;

-- load what is newer of many
select u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from "app"."person_events" where id = u.id and sequence = u.version
  ) end as mark
from "app"."people" u
cross join lateral (
  select coalesce((
    select h.sequence from "app"."person_events" h
    where h.id = u.id and h.sequence = ($2::jsonb -> u.id::text ->> 0)::int
      and h.position = ($2::jsonb -> u.id::text ->> 1)::bigint and h.recorded_at = ($2::jsonb -> u.id::text ->> 2)::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', 'app', 'person_events') and x.entity_id = u.id
      )
      and not exists (
        select from annals.subjects s
        where s.subject = any (array(select jsonb_array_elements_text($2::jsonb -> u.id::text -> 3))) and s.forgotten_at is not null
      )
  ), 0) as since
  offset 0
) k
where u.id = any ($1::uuid[]);

-- find what is newer
select u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from "app"."person_events" where id = u.id and sequence = u.version
  ) end as mark
from "app"."people" u
cross join lateral (
  select coalesce((
    select h.sequence from "app"."person_events" h
    where h.id = u.id and u.id = $2::uuid and h.sequence = $3::int
      and h.position = $4::bigint and h.recorded_at = $5::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', 'app', 'person_events') and x.entity_id = u.id
      )
  ), 0) as since
  offset 0
) k
where u."email" = $1::text;

-- list to know it
with page as (
  select u.id, u.version, to_json(u."created_at") #>> '{}' as position, row_number() over (order by u."created_at" asc, u.id asc) as place
  from "app"."people" u
  order by u."created_at" asc, u.id asc
  limit $1::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events,
  (
    select json_build_array(position, recorded_at) from "app"."person_events" where id = u.id and sequence = u.version
  ) as mark, u.position
from page u
order by u.place;

-- list what is newer
with page as (
  select u.id, u.version, to_json(u."created_at") #>> '{}' as position, row_number() over (order by u."created_at" asc, u.id asc) as place
  from "app"."people" u
  order by u."created_at" asc, u.id asc
  limit $1::bigint
)
select u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from "app"."person_events" where id = u.id and sequence = u.version
  ) end as mark, u.position
from page u
cross join lateral (
  select coalesce((
    select h.sequence from "app"."person_events" h
    where h.id = u.id and h.sequence = ($2::jsonb -> u.id::text ->> 0)::int
      and h.position = ($2::jsonb -> u.id::text ->> 1)::bigint and h.recorded_at = ($2::jsonb -> u.id::text ->> 2)::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', 'app', 'person_events') and x.entity_id = u.id
      )
  ), 0) as since
  offset 0
) k
order by u.place;

-- load one as of a version
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id and sequence <= $2::int order by sequence
  ) e) as events
from "app"."people" u
where u.id = $1::uuid;

-- load one as of a time
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id and sequence < coalesce((
      select min(sequence) from "app"."person_events" where id = u.id and recorded_at > $2::timestamptz
    ), 2147483647) order by sequence
  ) e) as events
from "app"."people" u
where u.id = $1::uuid;

-- history
select (select json_agg(json_build_array(e.sequence, e.position, e.recorded_at, e.context, e.event)) from (
    select sequence, position, recorded_at, context, event from "app"."person_events"
    where id = u.id and sequence > $2::int and sequence < $3::int
    order by sequence asc
    limit $4::int
  ) e) as events
from "app"."people" u
where u.id = $1::uuid;

-- history, the latest first
select (select json_agg(json_build_array(e.sequence, e.position, e.recorded_at, e.context, e.event)) from (
    select sequence, position, recorded_at, context, event from "app"."person_events"
    where id = u.id and sequence > $2::int and sequence < $3::int
    order by sequence desc
    limit $4::int
  ) e) as events
from "app"."people" u
where u.id = $1::uuid;

-- find by people_email_key
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events
from "app"."people" u
where u."email" = $1::text;

-- find by people_tenant_id_slug_key
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events
from "app"."people" u
where u."tenant_id" = $1::uuid and u."slug" = $2::text;

-- list, first page by creation
with page as (
  select u.id, u.version, to_json(u."created_at") #>> '{}' as position, row_number() over (order by u."created_at" asc, u.id asc) as place
  from "app"."people" u
  order by u."created_at" asc, u.id asc
  limit $1::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- list, later page by a nullable column, backwards, filtered
with page as (
  select id, version, position, row_number() over (order by part, place) as place
  from (
  (select 0 as part, u.id, u.version, encode(float8send(u."score"), 'hex') as position, row_number() over (order by u."score" desc, u.id desc) as place
  from "app"."people" u
  where ((u."status" = $1::text) and (u."nick" is null))
    and u."score" is not null
    and (u."score", u.id) < ($3::double precision, $2::uuid)
  order by u."score" desc, u.id desc
  limit $4::bigint)
  union all
  (select 1 as part, u.id, u.version, encode(float8send(u."score"), 'hex') as position, row_number() over (order by u."score" desc, u.id desc) as place
  from "app"."people" u
  where ((u."status" = $1::text) and (u."nick" is null))
    and u."score" is null
  order by u."score" desc, u.id desc
  limit $4::bigint)
  ) stretches
  order by part, place
  limit $4::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- list, later page among rows without a value
with page as (
  select u.id, u.version, encode(float8send(u."score"), 'hex') as position, row_number() over (order by u."score" asc, u.id asc) as place
  from "app"."people" u
  where u."score" is null
    and u.id > $1::uuid
  order by u."score" asc, u.id asc
  limit $2::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- list, the last rows before a place
with page as (
  select u.id, u.version, encode(float8send(u."score"), 'hex') as position, row_number() over (order by u."score" desc, u.id desc) as place
  from "app"."people" u
  where u."score" is not null
    and (u."score", u.id) < ($2::double precision, $1::uuid)
  order by u."score" desc, u.id desc
  limit $3::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place desc;

-- list, later page by id
with page as (
  select u.id, u.version, u.id::text as position, row_number() over (order by u.id asc) as place
  from "app"."people" u
  where u.id > $1::uuid
  order by u.id asc
  limit $2::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- list, every kind of condition
with page as (
  select u.id, u.version, to_json(u."created_at") #>> '{}' as position, row_number() over (order by u."created_at" asc, u.id asc) as place
  from "app"."people" u
  where ((u."age" >= $1::integer) or (u."slug" = any ($2::text[])) or not (u."email" ilike $3::text) or true or false)
  order by u."created_at" asc, u.id asc
  limit $4::bigint
)
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events, u.position
from page u
order by u.place;

-- a query of the user's own
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."person_events" where id = u.id order by sequence
  ) e) as events
from (
  select id, min(place) as place
  from (select q.id::uuid as id, row_number() over () as place from (
select id from people
) q) placed
  group by id
) p
join "app"."people" u on u.id = p.id
order by p.place;

-- count
select count(*)::int as count
from (select from "app"."people" u where (u."nick" is null) limit $1::bigint) counted;

-- hold
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $2, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json)
    as g (id uuid, version integer, revision integer, writes boolean, at integer)
  where bound.applied is not null
  order by g.id
),
held as materialized (
  select g.at, g.version is distinct from coalesce(w.version, r.version) as moved
  from given g left join lateral (
    select version from "app"."people" where id = g.id and g.writes for no key update
  ) w on true left join lateral (
    select version from "app"."people" where id = g.id and not g.writes for share
  ) r on true
),
conflict as materialized (
  select min(at) as at from held where moved
)
select conflict.at as conflict, set_config('lock_timeout', bound.previous, true)
from bound cross join conflict;

-- take a key alone
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
locked as materialized (
  select u.id from "app"."people" u, bound
  where u.id = $1::uuid and u.version = $2::int and $3::int = $2::int and $4::int = 0 and $6::text is null and $7::text is null and bound.applied is not null
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.person', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from locked
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (select true from claimed c)
select (select true from w) as written, set_config('lock_timeout', bound.previous, true)
from bound;

-- last position
select case when is_called then last_value else last_value - 1 end as last,
  coalesce(greatest((select max(position) from "app"."person_events"), (select max(position) from annals.checkpoints)), 0) as used,
  concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) as server_start,
  coalesce((select version from annals.consumers where name = $1), 0) as version
from annals.position;

-- topic writers
select distinct virtualtransaction as writer, concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) as server_start
from pg_catalog.pg_locks
where locktype = 'relation'
  and database = (select oid from pg_catalog.pg_database where datname = current_database())
  and (relation in ('"app"."person_events"'::regclass) or relation in (select relid from pg_catalog.pg_partition_tree('"app"."person_events"'::regclass)))
  and mode = 'RowExclusiveLock'
  and granted
  and pid is distinct from pg_backend_pid();

-- read a topic
select min(topic) as topic, json_agg(id) as id, json_agg(sequence) as sequence, json_agg(position) as position, json_agg(recorded_at) as recorded_at, json_agg(event) as event, case when bool_or(context is not null) then json_agg(context) end as context
from (
select *, (row_number() over (order by position) - 1) / 50 as part from (
(
  select 'person' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event
  from "app"."person_events"
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

-- read a topic for some slots and keys
select min(topic) as topic, json_agg(id) as id, json_agg(sequence) as sequence, json_agg(position) as position, json_agg(recorded_at) as recorded_at, json_agg(event) as event, case when bool_or(context is not null) then json_agg(context) end as context, json_agg(slot) as slot
from (
select *, (row_number() over (order by position) - 1) / 50 as part from (
(
  select 'person' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, annals.bucket(id::text) * $6::int / 1024 as slot
  from "app"."person_events"
  where position > $1::bigint and position <= $2::bigint
    and concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $4::text
    and event_type <> all ($8::text[])
    and annals.bucket(id::text) * $6::int / 1024 = any ($5::int[])
    and id = any ($7::uuid[])
  order by position
  limit $3::int
)
) as event
) as event
group by part
order by part;

-- the end of a batch of events
select position, (count(*) over ())::int as rows
from (
  select position from "app"."person_events"
  where position > $1::bigint and position <= $3::bigint order by position limit $2::bigint
) batch
order by position desc limit 1;

-- a batch of events
select id::text as id, sequence, position, event, false as "hasBytes"
from "app"."person_events"
where position > $1::bigint and position <= $2::bigint
order by position;

-- a batch of a topic's events
select key as id, 0 as sequence, position, event, bytes is not null as "hasBytes"
from "app"."feed_events"
where position > $1::bigint and position <= $2::bigint
order by position;

-- how far events reach
select (select max(position) from "app"."person_events") as last, (
  select coalesce(sum(greatest(reltuples, 0)), 0)::float8 from pg_class
  where relkind = 'r' and (oid = '"app"."person_events"'::regclass or oid in (select relid from pg_partition_tree('"app"."person_events"'::regclass)))
) as count;

-- unguarded partitions
select c.relname::text as partition, g.oid is not null as "hasGuard"
from pg_class parent
join pg_namespace n on n.oid = parent.relnamespace
join pg_inherits i on i.inhparent = parent.oid
join pg_class c on c.oid = i.inhrelid
left join pg_trigger g on g.tgrelid = c.oid and g.tgfoid = 'annals.refuse_change()'::regprocedure
where n.nspname = $1 and parent.relname = any ($2::text[]) and parent.relkind = 'p'
  and (g.oid is null or g.tgenabled not in ('O', 'A')
    or pg_get_triggerdef(g.oid) !~ 'BEFORE DELETE OR UPDATE OR TRUNCATE .* FOR EACH STATEMENT EXECUTE')
order by 1;

-- unregistered topics
select given.identity from unnest($2::text[], $3::text[]) given (name, identity)
where exists (
  select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = given.name
) and not exists (select from annals.topic_partitions p where p.topic = given.identity)
order by 1;

-- settings that guards rest on
select current_setting('session_replication_role') as role,
  (select seqcache = 1 and not seqcycle from pg_sequence
    where seqrelid = 'annals.position'::regclass) as "isOneByOne",
  (select tgenabled in ('O', 'A') from pg_trigger
    where tgrelid = 'annals.erasures'::regclass and tgname = 'erasures_immutable') as "isLogGuarded",
  (select json_agg(json_build_object('name', p.proname, 'body', p.prosrc))
    from pg_proc p where p.pronamespace = 'annals'::regnamespace) as functions;

-- what opens guards
with granted as (
  select format('table %I.%I', n.nspname, c.relname) as object, g.privilege_type as privilege, g.grantee,
    c.relowner as owner, n.nspname = 'annals' as "isLog"
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join aclexplode(c.relacl) g
  where c.oid = 'annals.erasures'::regclass or (n.nspname = $1 and c.relname = any ($2::text[]))
)
select object, privilege, coalesce(r.rolname, 'PUBLIC')::text as role
from granted
left join pg_roles r on r.oid = grantee
where grantee <> owner
  and privilege = any (case when "isLog" then array['INSERT', 'TRIGGER'] else array['TRIGGER'] end)
union all
select 'function annals.erase_event', g.privilege_type, 'PUBLIC'
from pg_proc p
cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
where p.pronamespace = 'annals'::regnamespace and p.proname = 'erase_event' and g.grantee = 0
order by 1, 2, 3;

-- strange tables
with framework as (
  select proowner as owner from pg_proc
  where pronamespace = 'annals'::regnamespace and proname = 'erase_event'
), relation as (
  select c.oid, c.relkind, c.relowner, format('table %I.%I', n.nspname, c.relname) as object
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = any ($2::text[])
)
select r.object, 'owner' as kind, pg_get_userbyid(r.relowner)::text as name, pg_get_userbyid(f.owner)::text as owner
from relation r, framework f
where r.relowner <> f.owner
union all
select r.object, 'child', format('%I.%I', n.nspname, c.relname), pg_get_userbyid(f.owner)::text
from framework f, relation r
join pg_inherits i on i.inhparent = r.oid
join pg_class c on c.oid = i.inhrelid
join pg_namespace n on n.oid = c.relnamespace
where r.relkind = 'r'
order by 1, 2, 3;

-- privileges of a writer
with role as (
  select oid from pg_roles where rolname = $4
), relation as (
  select c.oid, c.relname::text as name, c.relname = $3 as "isEvents"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname in ($2, $3)
), privilege as (
  select r.name, r.oid, p.privilege, null::text as "column", p."isWanted"
  from relation r
  cross join lateral (values
    ('SELECT', true), ('DELETE', false), ('TRUNCATE', false), ('TRIGGER', false)
  ) p (privilege, "isWanted")
  union all
  select r.name, r.oid, p.privilege, a.attname, case p.privilege
    when 'INSERT' then a.attname = any (case when r."isEvents" then $7::text[] else $5::text[] end)
    else not r."isEvents" and a.attname = any ($6::text[])
  end
  from relation r
  join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  cross join (values ('INSERT'), ('UPDATE')) p (privilege)
), held as (
  select p.*, case when p."column" is null then has_table_privilege(r.oid, p.oid, p.privilege)
    else has_column_privilege(r.oid, p.oid, p."column", p.privilege) end as "isHeld"
  from privilege p, role r
)
select name as "table", concat_ws(' on ', privilege, "column") as privilege, "isHeld" as "isExcess"
from held
where "isHeld" <> "isWanted"
union all
select c.relname::text, p.privilege, false
from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join role r
cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p (privilege)
where n.nspname = $1 and c.relname = $8 and not has_table_privilege(r.oid, c.oid, p.privilege)
union all
select null, null, null where not exists (select from role) and exists (select from relation)
order by 1, 2;

-- register a consumer
with registered as (
  insert into annals.consumers (name, topics, slots, events_tables)
  select $1, $2::text[], $3::int, $4::text[]
  where ($6::text is null or concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $6::text)
    and not exists (select from annals.renamed_consumers where name = $1)
  on conflict (name) do nothing
  returning name
), checkpoints as (
  insert into annals.checkpoints (consumer, slot, position)
  select name, slot, $5::bigint from registered, generate_series(0, $3::int - 1) slot
  on conflict do nothing
)
insert into annals.slots (consumer, slot)
select name, slot from registered, generate_series(0, $3::int - 1) slot
on conflict do nothing;

-- read a registration
select to_json(topics) as topics, coalesce(slots_wanted, slots) as slots, to_json(events_tables) as tables
from annals.consumers where name = $1;

-- want more slots
update annals.consumers
set slots_wanted = $2::int,
  drain_to = (select max(position) from annals.checkpoints where consumer = $1)
where name = $1 and coalesce(slots_wanted, slots) < $2::int;

-- follow other topics
select annals.change_topics($1, $2::text[], $3::text[], $4::text[], $5::int) as done;

-- note where topics are
update annals.consumers set events_tables = $2::text[] where name = $1 and events_tables <> $2::text[];

-- read how a consumer was renamed
select renamed_to from annals.renamed_consumers where name = $1;

-- register a consumer beside another one
select annals.register_beside($1, $2, $3::text[], $4::text[]) as done;

-- find where to start
call annals.start_position($1::text[], $2::timestamptz, $3::int, null, null);

-- compare the server's life
select concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $1::text as lives;

-- find where a consumer is
select least(min(k.position), (select min(h.position) from annals.held_keys h where h.consumer = $1)) as position
from annals.checkpoints k where k.consumer = $1;

-- spread slots
select annals.spread_slots($1) as spread;

-- renew leases
update annals.slots
set leased_until = clock_timestamp() + $3::int * interval '1 millisecond',
  losses = case when slot = any ($4::int[]) then 0 else losses end,
  suspect = case when slot = any ($4::int[]) then null else suspect end
where consumer = $1 and owner = $2::uuid;

-- join a consumer
with gone as (
  delete from annals.consumer_processes
  where consumer = $1 and alive_until < clock_timestamp() - interval '1 minute'
), joined as (
  insert into annals.consumer_processes (consumer, process, alive_until, handles, waits_because)
  values ($1, $2::uuid, clock_timestamp() + $3::int * interval '1 millisecond', $5::text[], $6::text)
  on conflict (consumer, process) do update
  set alive_until = excluded.alive_until, waits_because = excluded.waits_because
)
update annals.slots
set leased_until = clock_timestamp() + $3::int * interval '1 millisecond',
  losses = case when slot = any ($4::int[]) then 0 else losses end,
  suspect = case when slot = any ($4::int[]) then null else suspect end
where consumer = $1 and owner = $2::uuid;

-- read a standing
select c.slots, c.drain_to, to_json(c.topics) as topics,
  case when c.paused_at is not null then coalesce(c.paused_because, 'paused')
    else (select coalesce(s.paused_because, 'a slot is paused') from annals.slots s
      where s.consumer = c.name and s.paused_at is not null limit 1) end as paused,
  (select coalesce(json_agg(distinct handled), '[]')
    from annals.consumer_processes p, unnest(p.handles) handled
    where p.consumer = c.name and p.process <> $2::uuid and p.alive_until >= clock_timestamp()) as elsewhere,
  (select count(*)::int from annals.consumer_processes p
    where p.consumer = c.name and p.alive_until >= clock_timestamp() and p.waits_because is null) as processes,
  (select count(*)::int from annals.consumer_processes p
    join annals.consumer_processes me on me.consumer = p.consumer and me.process = $2::uuid
    where p.consumer = c.name and p.alive_until >= clock_timestamp() and p.waits_because is null
      and (p.joined_at, p.process) < (me.joined_at, me.process)) as older,
  (select coalesce(json_agg(json_build_object('slot', s.slot, 'epoch', s.epoch, 'position', k.position,
      'moves', k.moves, 'losses', s.losses, 'suspect', s.suspect) order by s.slot), '[]')
    from annals.slots s join annals.checkpoints k on k.consumer = s.consumer and k.slot = s.slot
    where s.consumer = c.name and s.owner = $2::uuid and s.paused_at is null and c.paused_at is null) as owned
from annals.consumers c
where c.name = $1;

-- take slots
with free as (
  select s.slot from annals.slots s
  join annals.checkpoints k on k.consumer = s.consumer and k.slot = s.slot
  where s.consumer = $1 and (s.owner is null or s.leased_until < clock_timestamp())
    and s.paused_at is null
    and (select c.paused_at is null and c.topics = $5::text[] and (c.drain_to is null or k.position < c.drain_to)
      from annals.consumers c where c.name = $1)
  order by s.slot
  limit $4::int
  for update of s, k skip locked
), taken as (
  update annals.slots s
  set owner = $2::uuid, epoch = s.epoch + 1, leased_until = clock_timestamp() + $3::int * interval '1 millisecond',
    -- Whoever had it and did not give it back has lost it.
    losses = case when s.owner is null then 0 else s.losses + 1 end
  from free
  where s.consumer = $1 and s.slot = free.slot
  returning s.slot, s.epoch, s.losses, s.suspect
)
update annals.checkpoints k set epoch = taken.epoch
from taken
where k.consumer = $1 and k.slot = taken.slot
returning k.slot, k.epoch, k.position, k.moves, taken.losses, taken.suspect;

-- release slots
update annals.slots set owner = null, leased_until = null
where consumer = $1 and owner = $2::uuid and slot = any ($3::int[]);

-- leave a consumer
with left_behind as (
  delete from annals.consumer_processes where consumer = $1 and process = $2::uuid
)
update annals.slots set owner = null, leased_until = null where consumer = $1 and owner = $2::uuid;

-- move a checkpoint
update annals.checkpoints set position = $5::bigint, moves = moves + 1, moved_at = clock_timestamp()
where consumer = $1 and slot = $2::int and epoch = $3::bigint and position = $4::bigint and moves = $7::bigint
  and ($6::text is null or concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) = $6::text)
returning position;

-- read progress
select min(position) as position from annals.checkpoints
where consumer = $1 and slot <> all ($2::int[]);

-- write dead letters
with given as (
  select * from json_to_recordset($2::json) as g (
    topic text, key text, sequence int, "position" bigint, event_type text, event_version int, status text, attempts int,
    error_class text, error_code text, error_message text, retry_ms double precision, reason text,
    hold_position bigint, hold_sequence int)
), written as (
  insert into annals.dead_letters (consumer, topic, key, sequence, position, event_type, event_version, status, attempts,
    error_class, error_code, error_message, retry_at, reason, resolved_at)
  select $1, topic, key, sequence, "position", event_type, event_version, status, attempts,
    error_class, error_code, error_message, clock_timestamp() + retry_ms * interval '1 millisecond', reason,
    case when status = 'discarded' then clock_timestamp() end
  from given
  on conflict (consumer, position) do update
  set status = excluded.status, attempts = excluded.attempts, error_class = excluded.error_class,
    error_code = excluded.error_code, error_message = excluded.error_message,
    last_failed_at = clock_timestamp(), retry_at = excluded.retry_at, reason = excluded.reason,
    resolved_at = excluded.resolved_at
  returning id, position
)
insert into annals.held_keys (consumer, topic, key, position, sequence, dead_letter)
select $1, g.topic, g.key, g.hold_position, g.hold_sequence, w.id
from given g join written w on w.position = g."position"
where g.hold_position is not null
on conflict (consumer, topic, key) do update
set position = excluded.position, sequence = excluded.sequence, dead_letter = excluded.dead_letter;

-- settle a dead letter
update annals.dead_letters set status = $3, retry_at = null, resolved_at = clock_timestamp()
where consumer = $1 and position = $2::bigint;

-- move a held key
update annals.held_keys set position = $4::bigint, sequence = $5::int
where consumer = $1 and topic = $2 and key = $3;

-- lift a hold
delete from annals.held_keys where consumer = $1 and topic = $2 and key = $3;

-- read trouble
select
  (select coalesce(json_agg(json_build_object(
      'place', json_build_object('topic', h.topic, 'key', h.key, 'position', h.position, 'sequence', h.sequence),
      'letter', json_build_object('topic', d.topic, 'key', d.key, 'position', d.position, 'sequence', d.sequence,
      'eventType', d.event_type, 'eventVersion', d.event_version, 'status', d.status, 'attempts', d.attempts,
      'dueInMs', extract(epoch from d.retry_at - clock_timestamp()) * 1000)) order by h.position), '[]')
    from annals.held_keys h join annals.dead_letters d on d.id = h.dead_letter
    where h.consumer = $1 and h.bucket * $3::int / 1024 = any ($2::int[])) as holds,
  (select coalesce(json_agg(json_build_object('topic', d.topic, 'key', d.key, 'position', d.position, 'sequence', d.sequence,
      'eventType', d.event_type, 'eventVersion', d.event_version, 'status', d.status, 'attempts', d.attempts,
      'dueInMs', extract(epoch from d.retry_at - clock_timestamp()) * 1000) order by d.position), '[]')
    from annals.dead_letters d
    where d.consumer = $1 and d.status = 'redrive'
      and annals.bucket(d.key) * $3::int / 1024 = any ($2::int[])
      and not exists (
        select from annals.held_keys h where h.consumer = $1 and h.dead_letter = d.id)) as redrives;

-- read a key
select 'person' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event
from "app"."person_events"
where id = $1::uuid and sequence > $3::int and $2::bigint is not null and position <= $4::bigint and event_type <> all ($6::text[])
order by sequence
limit $5::int;

-- suspect an event
update annals.slots set suspect = $4::bigint where consumer = $1 and slot = $2::int and epoch = $3::bigint;

-- pause a slot
update annals.slots
set paused_at = clock_timestamp(), paused_because = $3, failed_position = $4::bigint, failed_topic = $5,
  failed_key = $6, failed_attempts = $7::int, failed_code = $8, failed_message = $9
where consumer = $1 and slot = $2::int;

-- list dead letters
select topic, key, sequence, position, event_type, status, attempts, error_class, error_code, error_message,
  to_json(first_failed_at) #>> '{}' as first_failed_at, to_json(last_failed_at) #>> '{}' as last_failed_at, to_json(retry_at) #>> '{}' as retry_at, reason
from annals.dead_letters
where consumer = $1 and status = any ($2::text[])
  and ($3::bigint[] is null or position = any ($3::bigint[]))
  and ($4::text[] is null or key = any ($4::text[])) and position > $5::bigint
order by position
limit $6::int;

-- decide about dead letters
update annals.dead_letters
set status = $5::text, reason = $6::text, retry_at = null,
  resolved_at = case when $5::text = 'discarded' then clock_timestamp() end
where consumer = $1 and status = any ($2::text[])
  and ($3::bigint[] is null or position = any ($3::bigint[]))
  and ($4::text[] is null or key = any ($4::text[]))
returning position;

-- list consumers
select c.name, to_json(c.topics) as topics,
  case when c.paused_at is not null then coalesce(c.paused_because, 'paused') end as paused_because,
  (select count(*)::int from annals.held_keys h where h.consumer = c.name) as held_keys,
  (select count(*)::int from annals.dead_letters d where d.consumer = c.name and d.status = 'dead') as dead_letters,
  (select count(*)::int from annals.dead_letters d where d.consumer = c.name and d.status = 'waiting') as waiting_events,
  (select coalesce(json_agg(json_build_object('process', p.process, 'waitsBecause', p.waits_because) order by p.joined_at), '[]')
    from annals.consumer_processes p
    where p.consumer = c.name and p.alive_until >= clock_timestamp()) as processes,
  (select json_agg(json_build_object('slot', k.slot, 'position', k.position, 'owner', s.owner,
      'pausedBecause', case when s.paused_at is not null then coalesce(s.paused_because, 'paused') end)
      order by k.slot)
    from annals.checkpoints k left join annals.slots s on s.consumer = k.consumer and s.slot = k.slot
    where k.consumer = c.name) as slots
from annals.consumers c
order by c.name;

-- pause a consumer
select annals.pause_consumer($1, $2) as done;

-- resume a consumer
select annals.resume_consumer($1) as done;

-- reset a consumer
select annals.reset_consumer($1, $2::bigint) as done;

-- resize a consumer
select annals.resize_consumer($1, $2::int) as done;

-- rename a consumer
select annals.rename_consumer($1, $2) as done;

-- reset a consumer to a time
call annals.reset_consumer_to_time($1, $2::timestamptz, $3::int, null);

-- remove a consumer
select annals.remove_consumer($1) as done;
