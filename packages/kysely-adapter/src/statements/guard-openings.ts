import { type Statement, statement } from "../connection/statement.ts";

/** A function of the framework's own that guards rest on, as the database has it. */
export interface GuardFunction {
  readonly name: string;
  readonly body: string;
}

/** Something that lets others than the owner past a guard. */
export interface GuardOpening {
  readonly object: string;
  readonly privilege: string;
  /** The role's name, or `PUBLIC`. */
  readonly role: string;
}

/**
 * The settings that all guards rest on, and the functions that refuse.
 * Parameters: none. Locks: none. Relies on: the catalogs.
 */
export const guardSettings: Statement = statement(
  "guard_settings",
  `select current_setting('session_replication_role') as role,
  (select seqcache = 1 and not seqcycle from pg_sequence
    where seqrelid = 'annals.position'::regclass) as "isOneByOne",
  (select tgenabled in ('O', 'A') from pg_trigger
    where tgrelid = 'annals.erasures'::regclass and tgname = 'erasures_immutable') as "isLogGuarded",
  (select json_agg(json_build_object('name', p.proname, 'body', p.prosrc))
    from pg_proc p where p.pronamespace = 'annals'::regnamespace) as functions`,
);

/**
 * Privileges that open a guard to others than the owner: to write the log that erasure is let through by,
 * to call its function without being named, and to put triggers before an events table's own.
 * Parameters: $1 schema, $2 events tables. Locks: none. Relies on: the catalogs.
 */
export const guardOpenings: Statement = statement(
  "guard_openings",
  `with granted as (
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
order by 1, 2, 3`,
);

/** An events table that somebody else can do with as they like, or whose events are elsewhere. */
export interface StrangeTable {
  readonly object: string;
  /** `owner`: it is not the framework's; `child`: the events of another table are read as its own. */
  readonly kind: "owner" | "child";
  /** The owner, or the child. */
  readonly name: string;
  /** Who owns the framework's objects. */
  readonly owner: string;
}

/**
 * Events tables of another owner than the framework's, who can turn their guards off, and tables that
 * inherit from one: their rows are read as its own, and triggers and unique keys do not hold for them.
 * Parameters: $1 schema, $2 events tables. Locks: none. Relies on: the catalogs.
 */
export const strangeTables: Statement = statement(
  "strange_tables",
  `with framework as (
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
order by 1, 2, 3`,
);
