import { unprepared } from "../connection/statement.ts";

/**
 * What stands in the way of putting another table in a table's place: what it lacks, or has and a copy of its
 * definition would not. Parameters: $1 quoted names. Locks: none.
 */
export const projectionObstacles = unprepared(
  "projection_obstacles",
  `with live as (
  select at::int, to_regclass(name) as oid from unnest($1::text[]) with ordinality given (name, at)
), found as (
  select live.at, c.oid, c.relkind, c.relrowsecurity from live join pg_catalog.pg_class c on c.oid = live.oid
)
select at, 'is not there' as problem from live where oid is null
union all
select at, 'is not an ordinary table' from found where relkind <> 'r'
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
select at, 'is published for logical replication' from found
where exists (select from pg_catalog.pg_publication_rel p where p.prrelid = found.oid)`,
);

export interface ObstacleRow {
  /** The table's place among the names, from 1. */
  readonly at: number;
  readonly problem: string;
}
