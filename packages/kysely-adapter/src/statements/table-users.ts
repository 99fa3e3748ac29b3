import { unprepared } from "../connection/statement.ts";

/**
 * The other transactions that have read or written some tables; what autovacuum does gives way by itself.
 * Parameters: $1 quoted names. Locks: none (pg_locks takes each lock partition's for a moment).
 */
export const tableUsers = unprepared(
  "table_users",
  `select distinct l.virtualtransaction as used_by from pg_catalog.pg_locks l
where l.locktype = 'relation'
  and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and l.relation in (select to_regclass(name) from unnest($1::text[]) name)
  and l.granted and l.pid is distinct from pg_backend_pid()
  and not exists (
    select from pg_catalog.pg_stat_activity a where a.pid = l.pid and a.backend_type like 'autovacuum%'
  )`,
);

export interface TableUserRow {
  readonly used_by: string;
}
