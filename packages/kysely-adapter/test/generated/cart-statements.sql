-- load one
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = u.id
      order by id
    ) c1
    )) as children
from "app"."carts" u
where u.id = $1::uuid;

-- load one without children
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events
from "app"."carts" u
where u.id = $1::uuid;

-- load one with items alone
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null
      order by id
    ) c1
    )) as children
from "app"."carts" u
where u.id = $1::uuid;

-- load one, removed children too
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = u.id
      order by id
    ) c1
    )) as children
from "app"."carts" u
where u.id = $1::uuid;

-- load one with some items
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" r where "cart_id" = u.id and (r."sku" = $2::text) and "deleted_at" is null
      order by id
    ) c1
    )) as children
from "app"."carts" u
where u.id = any ($1::uuid[]);

-- load one as of a version
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id and position < cut.before order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id and position < cut.before order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id and position < cut.before order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id and position < cut.before order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = u.id
      order by id
    ) c1
    )) as children
from "app"."carts" u cross join lateral (
  select coalesce((select position from "app"."cart_events" where id = u.id and sequence = $2::int + 1), 9223372036854775807) as before
) cut
where u.id = $1::uuid;

-- load one as of a position
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id and position < cut.before order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id and position < cut.before order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id and position < cut.before order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null
      order by id
    ) c1
    )) as children
from "app"."carts" u cross join lateral (
  select coalesce($2::bigint + 1, 9223372036854775807) as before
) cut
where u.id = $1::uuid;

-- load one as of a time
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id and position < cut.before order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id and position < cut.before order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id and position < cut.before order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id and position < cut.before order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = u.id
      order by id
    ) c1
    )) as children
from "app"."carts" u cross join lateral (
  select coalesce((select min(f.position) from (
    select e.position from (select min(position) as position from "app"."cart_events" where id = u.id and recorded_at > $2::timestamptz) e
    union all
    select e.position from (select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null) f1 cross join lateral (select min(position) as position from "app"."item_events" where id = f1.id and recorded_at > $2::timestamptz) e
    union all
    select e.position from (select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null) f1 cross join lateral (select id, version from "app"."tags" where "item_id" = f1.id) f2 cross join lateral (select min(position) as position from "app"."tag_events" where id = f2.id and recorded_at > $2::timestamptz) e
    union all
    select e.position from (select id, version from "app"."remarks" where "cart_id" = u.id) f1 cross join lateral (select min(position) as position from "app"."remark_events" where id = f1.id and recorded_at > $2::timestamptz) e
  ) f), 9223372036854775807) as before
) cut
where u.id = $1::uuid;

-- load many
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = u.id
      order by id
    ) c1
    )) as children
from "app"."carts" u
where u.id = any ($1::uuid[]);

-- list
with page as (
  select u.id, u.version, u.revision, u."owner"::text as position, row_number() over (order by u."owner" asc, u.id asc) as place
  from "app"."carts" u
  order by u."owner" asc, u.id asc
  limit $1::bigint
)
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = u.id
      order by id
    ) c1
    )) as children, u.position
from page u
order by u.place;

-- a query of the user's own
select u.id, u.version, u.revision, (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = u.id
      order by id
    ) c1
    )) as children
from (
  select id, min(place) as place
  from (select q.id::uuid as id, row_number() over () as place from (
select id from carts limit 5
) q) placed
  group by id
) p
join "app"."carts" u on u.id = p.id
order by p.place;

-- find a child
select u.id, u.version, (select json_agg(e.event) from (
    select event from "app"."item_events" where id = u.id order by sequence
  ) e) as events,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."tag_events" where id = c1.id order by sequence
      ) e))) from (
      select id, version from "app"."tags" where "item_id" = u.id
      order by id
    ) c1
    )) as children
from "app"."items" u
where u."cart_id" = $1::uuid and u."sku" = $2::text and u."deleted_at" is null;

-- the history of a tree
select (select json_agg(json_build_array(t.topic, t.id, t.parent, t.sequence, t.position, t.recorded_at, t.context, t.event)) from (
  (
    select 'cart' as topic, u.id as id, null::uuid as parent, e.*
    from (
      select sequence, position, recorded_at, context, event from "app"."cart_events"
      where id = u.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  union all
  (
    select 'item' as topic, c1.id as id, u.id as parent, e.*
    from (select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null) c1 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."item_events"
      where id = c1.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  union all
  (
    select 'tag' as topic, c2.id as id, c1.id as parent, e.*
    from (select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null) c1 cross join lateral (select id, version from "app"."tags" where "item_id" = c1.id) c2 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."tag_events"
      where id = c2.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  union all
  (
    select 'remark' as topic, c1.id as id, u.id as parent, e.*
    from (select id, version from "app"."remarks" where "cart_id" = u.id) c1 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."remark_events"
      where id = c1.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  order by position asc
  limit $4::int
) t) as events
from "app"."carts" u
where u.id = $1::uuid;

-- the history of a tree, backwards, with items alone
select (select json_agg(json_build_array(t.topic, t.id, t.parent, t.sequence, t.position, t.recorded_at, t.context, t.event)) from (
  (
    select 'cart' as topic, u.id as id, null::uuid as parent, e.*
    from (
      select sequence, position, recorded_at, context, event from "app"."cart_events"
      where id = u.id and position > $2::bigint and position < $3::bigint
      order by sequence desc
      limit $4::int
    ) e
  )
  union all
  (
    select 'item' as topic, c1.id as id, u.id as parent, e.*
    from (select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null) c1 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."item_events"
      where id = c1.id and position > $2::bigint and position < $3::bigint
      order by sequence desc
      limit $4::int
    ) e
  )
  union all
  (
    select 'tag' as topic, c2.id as id, c1.id as parent, e.*
    from (select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is null union all select id, version from "app"."items" where "cart_id" = u.id and "deleted_at" is not null) c1 cross join lateral (select id, version from "app"."tags" where "item_id" = c1.id) c2 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."tag_events"
      where id = c2.id and position > $2::bigint and position < $3::bigint
      order by sequence desc
      limit $4::int
    ) e
  )
  order by position desc
  limit $4::int
) t) as events
from "app"."carts" u
where u.id = $1::uuid;

-- the history of a tree with some items
select (select json_agg(json_build_array(t.topic, t.id, t.parent, t.sequence, t.position, t.recorded_at, t.context, t.event)) from (
  (
    select 'cart' as topic, u.id as id, null::uuid as parent, e.*
    from (
      select sequence, position, recorded_at, context, event from "app"."cart_events"
      where id = u.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  union all
  (
    select 'item' as topic, c1.id as id, u.id as parent, e.*
    from (select id, version from "app"."items" r where "cart_id" = u.id and (r."sku" = $5::text) and "deleted_at" is null union all select id, version from "app"."items" r where "cart_id" = u.id and (r."sku" = $5::text) and "deleted_at" is not null) c1 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."item_events"
      where id = c1.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  union all
  (
    select 'tag' as topic, c2.id as id, c1.id as parent, e.*
    from (select id, version from "app"."items" r where "cart_id" = u.id and (r."sku" = $5::text) and "deleted_at" is null union all select id, version from "app"."items" r where "cart_id" = u.id and (r."sku" = $5::text) and "deleted_at" is not null) c1 cross join lateral (select id, version from "app"."tags" where "item_id" = c1.id) c2 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."tag_events"
      where id = c2.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  order by position asc
  limit $4::int
) t) as events
from "app"."carts" u
where u.id = $1::uuid;

-- the history of a child and what is below it
select (select json_agg(json_build_array(t.topic, t.id, t.parent, t.sequence, t.position, t.recorded_at, t.context, t.event)) from (
  (
    select 'item' as topic, u.id as id, u."cart_id" as parent, e.*
    from (
      select sequence, position, recorded_at, context, event from "app"."item_events"
      where id = u.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  union all
  (
    select 'tag' as topic, c1.id as id, u.id as parent, e.*
    from (select id, version from "app"."tags" where "item_id" = u.id) c1 cross join lateral (
      select sequence, position, recorded_at, context, event from "app"."tag_events"
      where id = c1.id and position > $2::bigint and position < $3::bigint
      order by sequence asc
      limit $4::int
    ) e
  )
  order by position asc
  limit $4::int
) t) as events
from "app"."items" u
where u.id = $1::uuid and u."deleted_at" is null;

-- events of a parent and its children
select json_agg(topic) as topic, json_agg(id) as id, json_agg(sequence) as sequence, json_agg(position) as position, json_agg(recorded_at) as recorded_at, json_agg(event) as event, case when bool_or(context is not null) then json_agg(context) end as context, case when bool_or(parent is not null) then json_agg(parent) end as parent
from (
select *, (row_number() over (order by position) - 1) / 50 as part from (
(
  select 'cart' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, null::text as parent
  from "app"."cart_events"
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
  select 'item' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, (select "cart_id"::text from "app"."items" u where u.id = "item_events".id) as parent
  from "app"."item_events"
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

-- events of a child that were just appended
select 'item' as topic, id::text as id, sequence, position, round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, (select "cart_id"::text from "app"."items" u where u.id = "item_events".id) as parent, (
    select count(*) = cardinality($5::text[])
    from unnest($4::text[], $5::text[]) named (schema, name)
    join pg_catalog.pg_class c on c.oid = to_regclass(format('%I.%I', named.schema, named.name))
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = named.schema and c.relname = named.name
  ) as is_current
from unnest($1::uuid[], $2::int[], $3::int[]) appended (of, first, last)
join "app"."item_events" on id = of and sequence between first and last
order by position;

-- an earlier request
select k.is_same, k.first_sequence, k.entity_id as id, k.last_sequence as version,
  case when k.is_same then (select json_agg(e.event) from (
    select event from "app"."cart_events" where id = k.entity_id and sequence <= k.last_sequence order by sequence
  ) e) end as events,
  (select revision from "app"."carts" where id = k.entity_id) as revision,
  json_build_array((
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."item_events" where id = c1.id order by sequence
      ) e), (
      select json_agg(json_build_array(c2.id, c2.version, (select json_agg(e.event) from (
          select event from "app"."tag_events" where id = c2.id order by sequence
        ) e))) from (
        select id, version from "app"."tags" where "item_id" = c1.id
        order by id
      ) c2
      ))) from (
      select id, version from "app"."items" where "cart_id" = k.entity_id and "deleted_at" is null
      order by id
    ) c1
    ), (
    select json_agg(json_build_array(c1.id, c1.version, (select json_agg(e.event) from (
        select event from "app"."remark_events" where id = c1.id order by sequence
      ) e))) from (
      select id, version from "app"."remarks" where "cart_id" = k.entity_id
      order by id
    ) c1
    )) as children
from (
  select *, fingerprint = decode($2::text, 'hex') as is_same
  from annals.idempotency_keys
  where scope = 'app.cart' and key = $1::text and expires_at > statement_timestamp()
) k;

-- append
with w as (
  update "app"."carts" u set version = $3::int, revision = u.revision + 1, "owner" = $8::text
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null and u.revision = $9::int
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."cart_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- append in a transaction
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
w as (
  update "app"."carts" u set version = $3::int, revision = u.revision + 1, "owner" = $8::text
  from bound
  where u.id = $1::uuid and u.version = $2::int and bound.applied is not null and u.revision = $9::int
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select w.id is not null as written, case when w.id is not null then "app"."cart_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at) end,
  set_config('lock_timeout', bound.previous, true)
from bound left join w on true;

-- append with a key
with locked as (
  select u.id from "app"."carts" u
  where u.id = $1::uuid and u.version = $2::int and (select set_config('lock_timeout', $5, true)) is not null and u.revision = $12::int
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.cart', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from locked
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  update "app"."carts" u set version = $3::int, revision = u.revision + 1, "owner" = $11::text
  from claimed
  where u.id = $1::uuid and u.version = $2::int and claimed.entity_id = $1::uuid and u.revision = $12::int
  returning u.id, coalesce($4::timestamptz, now()) as at
)
select true as written, "app"."cart_events_insert_one"(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)
from w;

-- change children alone
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
locked as materialized (
  select u.id from "app"."carts" u, bound
  where u.id = $1::uuid and u.version = $2::int and $3::int = $2::int and u.revision = $4::int and bound.applied is not null
  for no key update of u
),
w as (
  update "app"."carts" u set revision = u.revision + 1
  from locked c where u.id = $1::uuid
  returning u.id
)
select (select true from w) as written, set_config('lock_timeout', bound.previous, true)
from bound;

-- change children alone, with a key
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
locked as materialized (
  select u.id from "app"."carts" u, bound
  where u.id = $1::uuid and u.version = $2::int and $3::int = $2::int and u.revision = $4::int and $6::text is null and $7::text is null and bound.applied is not null
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.cart', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    statement_timestamp() + $10::float8 * interval '1 millisecond'
  from locked
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= statement_timestamp()
  returning k.entity_id
),
w as (
  update "app"."carts" u set revision = u.revision + 1
  from claimed c where u.id = $1::uuid
  returning u.id
)
select (select true from w) as written, set_config('lock_timeout', bound.previous, true)
from bound;

-- take a key alone
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
locked as materialized (
  select u.id from "app"."carts" u, bound
  where u.id = $1::uuid and u.version = $2::int and $3::int = $2::int and u.revision >= $4::int and $6::text is null and $7::text is null and bound.applied is not null
  for no key update of u
),
claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select 'app.cart', $8::text, decode($9::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
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
  select g.at, g.version is distinct from coalesce(w.version, r.version) or g.revision is distinct from coalesce(w.revision, r.revision) as moved
  from given g left join lateral (
    select version, revision from "app"."carts" where id = g.id and g.writes for no key update
  ) w on true left join lateral (
    select version, revision from "app"."carts" where id = g.id and not g.writes for share
  ) r on true
),
conflict as materialized (
  select min(at) as at from held where moved
)
select conflict.at as conflict, set_config('lock_timeout', bound.previous, true)
from bound cross join conflict;

-- change many trees
with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $2, true) as applied
),
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, revision integer, at integer)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.revision as stored
  from given g left join lateral (
    select * from "app"."carts" where id = g.id for no key update
  ) u on true
),
conflict as materialized (
  select min(at) as at from locked where stored is distinct from revision
),
touched as (
  update "app"."carts" set revision = revision + 1
  where id = any (case when (select at from conflict) is null then (select array_agg(id) from locked) end)
  returning true
)
select conflict.at as conflict, (select count(*)::int from touched) as touched, set_config('lock_timeout', bound.previous, true)
from bound cross join conflict;
