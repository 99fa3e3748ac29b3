import { unprepared } from "../connection/statement.ts";

/**
 * Which of some names no table bears, each by its place from 1. Parameters: $1 quoted names. Locks: none.
 */
export const findNoTables = unprepared(
  "find_no_tables",
  `select given.at::int from unnest($1::text[]) with ordinality given (name, at)
where not exists (
  select from pg_catalog.pg_class where oid = to_regclass(given.name) and relkind in ('r', 'p')
)
order by 1`,
);

export interface NoTableRow {
  readonly at: number;
}
