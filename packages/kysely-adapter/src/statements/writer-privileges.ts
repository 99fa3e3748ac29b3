import { type Statement, statement } from "../connection/statement.ts";

/** A privilege that a role lacks, or has and must not have. */
export interface WriterPrivilege {
  readonly table: string;
  /** For example `UPDATE` or `INSERT on position`. */
  readonly privilege: string;
  readonly isExcess: boolean;
}

/**
 * Whether a role of a writer's has what it needs and nothing that changes what is stored, its own or by
 * membership. One row with NULLs where there is no such role; none where all is well.
 * Parameters: $1 schema, $2 index table, $3 events table, $4 role, $5 to $7 columns that it inserts and
 * updates of the index table, and inserts of the events table, $8 the table of snapshots or null. Locks: none. Relies on: the catalogs.
 */
export const writerPrivileges: Statement = statement(
  "writer_privileges",
  `with role as (
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
order by 1, 2`,
);
