import { unprepared } from "../connection/statement.ts";

/**
 * Names that no table bears. Parameters: $1 quoted names. Locks: none.
 */
export const findNoTables = unprepared(
  "find_no_tables",
  `select given.at::int, 'is not there, or is no table' as problem
from unnest($1::text[]) with ordinality given (name, at)
where not exists (
  select from pg_catalog.pg_class where oid = to_regclass(given.name) and relkind in ('r', 'p')
)
order by 1`,
);

/**
 * What stands in the way of putting another table in a table's place: what it lacks, or has and a copy of its
 * definition would not. Parameters: $1 quoted names. Locks: none.
 */
export const projectionObstacles = unprepared(
  "projection_obstacles",
  `with live as (
  select at::int, to_regclass(name) as oid from unnest($1::text[]) with ordinality given (name, at)
), found as (
  select live.at, c.oid, c.relkind, c.relrowsecurity, c.reltype, t.typarray from live join pg_catalog.pg_class c on c.oid = live.oid
  join pg_catalog.pg_type t on t.oid = c.reltype
)
select at, 'is partitioned' as problem from found where relkind <> 'r'
union all
select at, 'has policies for rows' from found where relrowsecurity
union all
select at, 'is part of an inheritance' from found
where exists (select from pg_catalog.pg_inherits i where found.oid in (i.inhrelid, i.inhparent))
union all
select at, format('has the trigger "%s"', t.tgname) from found
join pg_catalog.pg_trigger t on t.tgrelid = found.oid and not t.tgisinternal
union all
select at, format('is referenced by %s', f.conrelid::regclass) from found
join pg_catalog.pg_constraint f on f.contype = 'f' and f.confrelid = found.oid
where f.conrelid not in (select oid from found)
union all
select at, format('is used by the view or rule of %s', r.ev_class::regclass) from found
join pg_catalog.pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = found.oid
join pg_catalog.pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
union all
select at, format('is used by the function %s', d.objid::regprocedure) from found
join pg_catalog.pg_depend d on d.classid = 'pg_proc'::regclass and (
  (d.refclassid = 'pg_class'::regclass and d.refobjid = found.oid)
  or (d.refclassid = 'pg_type'::regclass and d.refobjid in (found.reltype, found.typarray))
)
union all
select at, format('is a type of %s', a.attrelid::regclass) from found
join pg_catalog.pg_attribute a on a.atttypid in (found.reltype, found.typarray) and not a.attisdropped
union all
select at, 'is published for logical replication' from found
where exists (select from pg_catalog.pg_publication_rel p where p.prrelid = found.oid)`,
);

export interface ObstacleRow {
  /** The table's place among the names, from 1. */
  readonly at: number;
  readonly problem: string;
}
