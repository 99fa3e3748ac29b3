import type { Predicate, Visibility } from "@annals/core/adapter";
import { condition, Parameters } from "./condition.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { rowSets } from "./visible-rows.ts";

/**
 * Counts index rows that fulfil a condition, up to a limit.
 * Parameters: the condition's values, then the limit. Locks: none. Relies on: an index that serves the
 * condition; without a limit, all rows that fulfil it are read.
 */
export const countEntities = (
  tables: EntityTables,
  where: Predicate,
  limit: number | undefined,
  seen?: Visibility,
): { readonly sql: string; readonly parameters: readonly unknown[] } => {
  const parameters = new Parameters();
  const fulfilled = condition(tables, where, parameters);
  const cut = limit === undefined ? "" : ` limit ${parameters.add(limit)}::bigint`;
  const selects = rowSets(tables, where, seen).map((set) => {
    const conditions = set === "" ? fulfilled : `${fulfilled} and ${set}`;
    return `select from ${tables.index} u where ${conditions}${cut}`;
  });
  const rows = selects.length === 1 ? selects[0] : `(${selects.join(")\n  union all\n  (")})${cut}`;
  return {
    sql: `select count(*)::int as count
from (${rows}) counted`,
    parameters: parameters.values,
  };
};
