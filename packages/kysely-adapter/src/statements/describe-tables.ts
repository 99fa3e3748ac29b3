import { type Statement, statement } from "../connection/statement.ts";

/** One thing that a table consists of, in PostgreSQL's own words. */
export interface DescribedObject {
  readonly table: string;
  readonly kind:
    | "column"
    | "constraint"
    | "index"
    | "trigger"
    | "policy"
    | "function"
    | "table"
    | "view";
  readonly name: string;
  readonly definition: string;
  /** A trigger that does not fire, a constraint that was not validated, an index that is not valid. */
  readonly isOff: boolean;
}

/**
 * Everything that tables consist of, and the functions that are named after them. Names of the schema
 * itself stay in the definitions; the caller takes them out.
 * Parameters: $1 schema, `pg_temp` for the session's own; $2 tables. Locks: none. Relies on: the catalogs.
 */
export const describeTables: Statement = statement(
  "describe_tables",
  `with place as (
  select case when $1 = 'pg_temp' then pg_my_temp_schema() else (
    select oid from pg_namespace where nspname = $1
  ) end as schema
), relation as (
  select c.oid, c.relname::text as name, c.relkind, c.relrowsecurity,
    exists (select from pg_rewrite w where w.ev_class = c.oid) as relhasrules
  from pg_class c, place
  where c.relnamespace = place.schema and c.relname = any ($2::text[]) and c.relkind in ('r', 'p', 'v')
)
select name as "table", 'view' as kind, name, pg_get_viewdef(oid) as definition, false as "isOff"
from relation
where relkind = 'v'
union all
select name, 'table', name,
  concat_ws(' ', case relkind when 'p' then 'partitioned table' else 'table' end, case when relrowsecurity then 'with row-level security' end,
    case when relhasrules then 'with rules' end), false
from relation
where relkind <> 'v'
union all
select r.name, 'column', a.attname,
  concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    case when a.attcollation <> t.typcollation then 'collate ' || quote_ident(l.collname) end,
    case when a.attnotnull then 'not null' end,
    case when a.attgenerated = '' then 'default ' else 'generated as ' end || pg_get_expr(d.adbin, d.adrelid)),
  false
from relation r
join pg_attribute a on r.relkind <> 'v' and a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
left join pg_collation l on l.oid = a.attcollation
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select r.name, 'constraint', k.conname, pg_get_constraintdef(k.oid), not k.convalidated
from relation r
join pg_constraint k on k.conrelid = r.oid and k.contype in ('p', 'u', 'c', 'f', 'x')
union all
select r.name, 'index', i.relname, pg_get_indexdef(x.indexrelid), not x.indisvalid
from relation r
join pg_index x on x.indrelid = r.oid
join pg_class i on i.oid = x.indexrelid
where not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.conrelid = r.oid)
union all
select r.name, 'trigger', g.tgname, pg_get_triggerdef(g.oid), g.tgenabled not in ('O', 'A')
from relation r
join pg_trigger g on g.tgrelid = r.oid and not g.tgisinternal
union all
select r.name, 'policy', p.polname, concat_ws(' ',
    case when p.polpermissive then 'permissive' else 'restrictive' end,
    case p.polcmd when '*' then 'for all' when 'r' then 'for select' when 'a' then 'for insert' when 'w' then 'for update' else 'for delete' end,
    case when p.polroles = '{0}' then 'to public' else 'to roles' end,
    'using (' || pg_get_expr(p.polqual, p.polrelid) || ')', 'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'), false
from relation r
join pg_policy p on p.polrelid = r.oid
union all
select r.name, 'function', p.proname, pg_get_functiondef(p.oid), false
from relation r, place, pg_proc p
where p.pronamespace = place.schema and p.prokind = 'f'
  and (starts_with(p.proname, r.name || '_')
    or r.name ~ '_events$' and p.proname in (
      select left(r.name, -6) || suffix from unnest(array['append', 'replay', 'replay_all', 'replay_after']) suffix
    ))
order by 1, 2, 3`,
);
