import { type Kysely, sql } from "kysely";

/**
 * All that is in the schema `annals`, a line each, by the catalog: tables with their columns, constraints,
 * indexes and triggers, sequences, and functions with a hash of their bodies. Who may do what stands behind
 * what it is granted on; `=` is everybody, and the owner is left out.
 */
export const frameworkSchema = async (db: Kysely<unknown>): Promise<string> => {
  const { rows } = await sql<{ line: string }>`
    with relation as (
      select c.oid, c.relname, c.relkind, c.relacl, c.relowner, array_to_string(c.reloptions, ', ') as options
      from pg_class c where c.relnamespace = 'annals'::regnamespace and c.relkind in ('r', 'S')
    ), line (kind, owner, part, number, text) as (
      select 1, relname, 0, 0, concat_ws(' ', 'table', relname, 'with (' || options || ')')
      from relation where relkind = 'r'
      union all
      select 1, relname, 1, a.attnum, concat_ws(' ', '  ' || a.attname, format_type(a.atttypid, a.atttypmod),
        'collate ' || quote_ident(nullif(l.collname, 'default')), case when a.attnotnull then 'not null' end,
        case a.attidentity when 'a' then 'generated always as identity' end,
        case when a.attgenerated = '' then 'default ' else 'generated as ' end || pg_get_expr(d.adbin, d.adrelid))
      from relation r
      join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
      left join pg_collation l on l.oid = a.attcollation
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where relkind = 'r'
      union all
      select 1, relname, 2, 0, '  ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
      from relation r join pg_constraint k on k.conrelid = r.oid and k.contype in ('p', 'u', 'c', 'f', 'x')
      union all
      select 1, relname, 3, 0, '  ' || pg_get_indexdef(x.indexrelid)
      from relation r join pg_index x on x.indrelid = r.oid
      where not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.conrelid = r.oid)
      union all
      select 1, relname, 4, 0, '  ' || pg_get_triggerdef(g.oid)
      from relation r join pg_trigger g on g.tgrelid = r.oid and not g.tgisinternal
      union all
      select 1, relname, 5, 0, '  granted ' || privileges
      from relation r cross join lateral (
        select string_agg(concat_ws(' to ', p.privilege_type, coalesce(a.rolname, '=')), ', ') as privileges
        from aclexplode(r.relacl) p left join pg_roles a on a.oid = p.grantee where p.grantee <> r.relowner
      ) granted where privileges is not null
      union all
      select 2, relname, 0, 0, format('sequence %s %s from %s to %s cache %s%s', relname, s.seqtypid::regtype,
        s.seqmin, s.seqmax, s.seqcache, case when s.seqcycle then ' cycle' end)
      from relation r join pg_sequence s on s.seqrelid = r.oid
      union all
      select 3, p.proname, 0, 0, concat_ws(' ', case p.prokind when 'p' then 'procedure' else 'function' end,
        p.proname || '(' || pg_get_function_arguments(p.oid) || ')', 'returns ' || pg_get_function_result(p.oid),
        l.lanname, case when p.prosecdef then 'security definer' end, case when p.provolatile <> 'v' then p.provolatile end,
        array_to_string(p.proconfig, ' '), md5(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)))
      from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace = 'annals'::regnamespace
      union all
      select 3, p.proname, 1, 0, '  granted ' || privileges
      from pg_proc p cross join lateral (
        select string_agg(concat_ws(' to ', g.privilege_type, coalesce(a.rolname, '=')), ', ') as privileges
        from aclexplode(p.proacl) g left join pg_roles a on a.oid = g.grantee where g.grantee <> p.proowner
      ) granted where p.pronamespace = 'annals'::regnamespace and privileges is not null
    )
    select text as line from line order by kind, owner collate "C", part, number, text collate "C"`.execute(
    db,
  );
  return `${rows.map(({ line }) => line).join("\n")}\n`;
};
