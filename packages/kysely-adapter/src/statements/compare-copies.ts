import { type Statement, unprepared } from "../connection/statement.ts";
import { quoteName } from "../tables/quote.ts";

/**
 * The columns of a table, and whether the database itself fills them in: identities, generated columns, and
 * defaults that call something. Parameters: $1 quoted name. Locks: none.
 */
export const readColumns = unprepared(
  "read_columns",
  `select a.attname as name, a.attidentity <> '' or a.attgenerated <> ''
  or coalesce(pg_get_expr(d.adbin, d.adrelid) ~ '\\(', false) as is_filled_in
from pg_catalog.pg_attribute a
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
order by a.attnum`,
);

export interface ColumnRow {
  readonly name: string;
  readonly is_filled_in: boolean;
}

/**
 * Counts the rows that one of two tables has more often than the other, by the text of some columns, which
 * every type has. Parameters: $1 how many of them to show. Locks: none but those of reading.
 */
export const compareCopies = (
  live: string,
  copy: string,
  columns: readonly string[],
): Statement => {
  const list = columns.map((name) => `${quoteName(name)}::text`).join(", ");
  const names = columns.map(quoteName).join(", ");
  return unprepared(
    "compare_copies",
    `with live (${names}) as materialized (select ${list} from ${live}),
copy (${names}) as materialized (select ${list} from ${copy}),
unexpected as (select * from live except all select * from copy),
missing as (select * from copy except all select * from live)
select (select count(*)::int from live) as rows, (select count(*)::int from copy) as rebuilt_rows,
  (select count(*)::int from unexpected) as unexpected, (select count(*)::int from missing) as missing,
  (select coalesce(json_agg(s), '[]') from (select * from unexpected limit $1::int) s) as unexpected_rows,
  (select coalesce(json_agg(s), '[]') from (select * from missing limit $1::int) s) as missing_rows`,
  );
};

export interface ComparedCopiesRow {
  readonly rows: number;
  readonly rebuilt_rows: number;
  readonly unexpected: number;
  readonly missing: number;
  readonly unexpected_rows: readonly Readonly<Record<string, string | null>>[];
  readonly missing_rows: readonly Readonly<Record<string, string | null>>[];
}
