import { type Statement, statement } from "../connection/statement.ts";

/**
 * The first of these tables of which policies let this role see a part only.
 * Parameters: $1 tables, qualified and quoted. Locks: none. Relies on: the catalogs.
 */
export const tableSeenInPart: Statement = statement(
  "table_seen_in_part",
  `select name from unnest($1::text[]) with ordinality as t (name, at)
where row_security_active(name::regclass)
order by at limit 1`,
);
