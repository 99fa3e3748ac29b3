import type { Predicate } from "@annals/core/adapter";
import { condition, Parameters } from "./condition.ts";
import type { EntityTables } from "./entity-table-names.ts";

/**
 * Counts index rows that fulfil a condition, up to a limit.
 * Parameters: the condition's values, then the limit. Locks: none. Relies on: an index that serves the
 * condition; without a limit, all rows that fulfil it are read.
 */
export const countEntities = (
  tables: EntityTables,
  where: Predicate,
  limit: number | undefined,
): { readonly sql: string; readonly parameters: readonly unknown[] } => {
  const parameters = new Parameters();
  const fulfilled = condition(tables, where, parameters);
  const cut = limit === undefined ? "" : ` limit ${parameters.add(limit)}::bigint`;
  return {
    sql: `select count(*)::int as count
from (select from ${tables.index} u where ${fulfilled}${cut}) counted`,
    parameters: parameters.values,
  };
};
