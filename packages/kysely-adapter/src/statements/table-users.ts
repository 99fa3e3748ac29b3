import { unprepared } from "../connection/statement.ts";

const LOCKS_ON_TABLES = `from pg_catalog.pg_locks l
where l.locktype = 'relation'
  and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and l.relation in (select to_regclass(name) from unnest($1::text[]) name)`;

/**
 * The other transactions that have read or written some tables; what autovacuum does gives way by itself.
 * Parameters: $1 quoted names. Locks: none (pg_locks takes each lock partition's for a moment).
 */
export const tableUsers = unprepared(
  "table_users",
  `select distinct l.virtualtransaction as used_by ${LOCKS_ON_TABLES}
  and l.granted and l.pid is distinct from pg_backend_pid()
  and l.pid not in (select pid from pg_catalog.pg_stat_activity where backend_type like 'autovacuum%')`,
);

export interface TableUserRow {
  readonly used_by: string;
}

/**
 * Those of some tables that this transaction itself has read or written, by the locks that it has for it.
 * Parameters: $1 quoted names. Locks: none.
 */
export const tablesUsedHere = unprepared(
  "tables_used_here",
  `select distinct l.relation::regclass::text as name ${LOCKS_ON_TABLES}
  and l.pid = pg_backend_pid() and l.mode in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')`,
);

export interface UsedTableRow {
  readonly name: string;
}
