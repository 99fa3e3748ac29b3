import { unprepared } from "../connection/statement.ts";

// Statements that yield the DDL for a rebuild's tables, since that depends on what the live ones are.

/**
 * Yields what makes empty tables like others. Parameters: $1 quoted names of the live tables, $2 of the new
 * ones, in the same order. Locks: none.
 */
export const createTables = unprepared(
  "create_shadow_tables",
  `select format('create %s table %s (like %s including all)%s',
  case c.relpersistence when 'u' then 'unlogged' else '' end, given.shadow, given.live,
  coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '')) as ddl
from unnest($1::text[], $2::text[]) given (live, shadow)
join pg_catalog.pg_class c on c.oid = given.live::regclass`,
);

/**
 * Yields what \`like\` leaves out: the indexes' own names, foreign keys, privileges, the comment and the owner. Foreign
 * keys between the tables lead from one new table to the other. Parameters: as above. Locks: none.
 */
export const finishTables = unprepared(
  "finish_shadow_tables",
  `with pairs as (
  select live::regclass as live, shadow::regclass as shadow
  from unnest($1::text[], $2::text[]) given (live, shadow)
), indexes as (
  select p.live as of, i.indrelid = p.live as is_live, i.indexrelid, c.relname, c.relnamespace,
    row(i.indisprimary, i.indisunique, i.indisexclusion, d.rest) as made_of,
    row_number() over (
      partition by i.indrelid, i.indisprimary, i.indisunique, i.indisexclusion, d.rest order by i.indexrelid
    ) as nth
  from pairs p
  join pg_catalog.pg_index i on i.indrelid in (p.live, p.shadow)
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  cross join lateral (select substring(pg_get_indexdef(i.indexrelid) from ' USING .*$') as rest) d
), renamed as (
  select s.indexrelid, s.relname, s.relnamespace::regnamespace as schema, l.relname as target
  from indexes s
  join indexes l on l.is_live and l.of = s.of and l.made_of = s.made_of and l.nth = s.nth
  where not s.is_live and s.relname <> l.relname
)
select 1 as step, format('alter index %s.%I rename to annals_%s', schema, relname, indexrelid) as ddl from renamed
union all
select 2, format('alter index %s.annals_%s rename to %I', schema, indexrelid, target) from renamed
union all
select 3, format('alter table %s add constraint %I %s', p.shadow, f.conname, replace(
  pg_get_constraintdef(f.oid),
  format(' REFERENCES %s(', f.confrelid::regclass),
  format(' REFERENCES %s(', coalesce(other.shadow, f.confrelid::regclass))))
from pairs p
join pg_catalog.pg_constraint f on f.conrelid = p.live and f.contype = 'f'
left join pairs other on other.live = f.confrelid
union all
select 4, format('grant %s on table %s to %s%s', a.privilege_type, p.shadow,
  case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
  case when a.is_grantable then ' with grant option' else '' end)
from pairs p
join pg_catalog.pg_class c on c.oid = p.live
cross join lateral aclexplode(c.relacl) a
where a.grantee <> c.relowner
union all
select 4, format('grant %s (%I) on table %s to %s', a.privilege_type, t.attname, p.shadow,
  case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
from pairs p
join pg_catalog.pg_attribute t on t.attrelid = p.live and not t.attisdropped
cross join lateral aclexplode(t.attacl) a
union all
select 5, format('comment on table %s is %L', shadow, obj_description(live, 'pg_class')) from pairs
where obj_description(live, 'pg_class') is not null
union all
select 6, format('alter table %s owner to %I', p.shadow, pg_get_userbyid(c.relowner))
from pairs p
join pg_catalog.pg_class c on c.oid = p.live
join pg_catalog.pg_class s on s.oid = p.shadow
where c.relowner <> s.relowner
order by step`,
);

/**
 * Yields what puts the new tables in the live ones' place, and those away. Indexes, constraints and identity
 * sequences go with their tables; a sequence that a default draws from serves both, and stays.
 * Parameters: as above, and $3 quoted names of the schemas for the live tables. Locks: none.
 */
export const exchangeTables = unprepared(
  "exchange_tables",
  `with moves as (
  select live::regclass as live, shadow::regclass as shadow, old, n.nspname as schema, c.relname as name
  from unnest($1::text[], $2::text[], $3::text[]) given (live, shadow, old)
  join pg_catalog.pg_class c on c.oid = live::regclass
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
), sequences as (
  select n.nspname as schema, s.relname as sequence, m.name as owner, t.attname as owner_column
  from moves m
  join pg_catalog.pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = m.live
    and d.classid = 'pg_class'::regclass and d.deptype = 'a'
  join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  join pg_catalog.pg_attribute t on t.attrelid = m.live and t.attnum = d.refobjsubid
)
select 1 as step, format('alter sequence %I.%I owned by none', schema, sequence) as ddl from sequences
union all
select 2, format('alter table %s set schema %s', live, old) from moves
union all
select 3, format('alter table %s set schema %I', shadow, schema) from moves
union all
select 4, format('alter sequence %I.%I owned by %I.%I.%I', schema, sequence, schema, owner, owner_column)
from sequences
order by step`,
);

export interface DdlRow {
  readonly ddl: string;
}

/**
 * Which of the tables there are, and whether all of them have the same columns as those beside them.
 * Parameters: $1 quoted names, $2 of those beside them. Locks: none.
 */
export const compareTables = unprepared(
  "compare_tables",
  `select coalesce(json_agg(t.name) filter (where t.oid is not null), '[]') as present,
  bool_and(t.oid is not null and t.columns is not distinct from o.columns) as alike
from unnest($1::text[], $2::text[]) given (name, other)
cross join lateral (
  select given.name, to_regclass(given.name) as oid, (
    select json_agg(json_build_array(attname, format_type(atttypid, atttypmod), attnotnull) order by attname)::text
    from pg_catalog.pg_attribute where attrelid = to_regclass(given.name) and attnum > 0 and not attisdropped
  ) as columns
) t
cross join lateral (
  select (
    select json_agg(json_build_array(attname, format_type(atttypid, atttypmod), attnotnull) order by attname)::text
    from pg_catalog.pg_attribute where attrelid = to_regclass(given.other) and attnum > 0 and not attisdropped
  ) as columns
) o`,
);

export interface ComparedRow {
  readonly present: readonly string[];
  readonly alike: boolean;
}
