import type { UniquePlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { parameterType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import { rowColumns, type SeenTree } from "./tree-columns.ts";
import { hidesDeleted, visibleOnly } from "./visible-rows.ts";

/**
 * Finds one entity by the columns of a unique constraint, with its events.
 * Parameters: one for each column, in the constraint's order. Locks: none.
 * Relies on: the constraint's own index, for deleted rows the one beside it, user_events_id_sequence_key.
 */
export const findEntity = (tables: EntityTables, unique: UniquePlan, seen?: SeenTree): Statement =>
  statement(`find_${unique.constraint}`, findEntityText(tables, unique, seen));

/** The same as a text, for children that are chosen by conditions, whose values follow the columns'. */
export const findEntityText = (
  tables: EntityTables,
  unique: UniquePlan,
  seen: SeenTree | undefined,
): string => {
  const conditions = unique.columns.map((name, at) => {
    const column = tables.plan.columns.find((candidate) => candidate.column === name);
    const cast = column === undefined ? "" : `::${parameterType(column.type)}`;
    return `u.${quoteName(name)} = $${at + 1}${cast}`;
  });
  const condition = conditions.join(" and ");
  const { plan } = tables;
  return plan.lifecycle === undefined || hidesDeleted(plan, seen)
    ? `select ${storedEntityColumns(tables, seen)}
from ${tables.index} u
where ${condition}${visibleOnly(tables, seen)}`
    : findDeletedToo(tables, condition, seen);
};

/** Any number of deleted rows may share a value: the live one comes first, then the last one deleted. */
const findDeletedToo = (
  tables: EntityTables,
  condition: string,
  seen: SeenTree | undefined,
): string =>
  `select ${storedEntityColumns(tables, seen)}
from (
  (select ${rowColumns(tables)}, u.deleted_at from ${tables.index} u where ${condition} and u.deleted_at is null)
  union all
  (select ${rowColumns(tables)}, u.deleted_at from ${tables.index} u where ${condition} and u.deleted_at is not null
    order by u.deleted_at desc, u.id desc limit 1)
  order by deleted_at desc nulls first
  limit 1
) u`;
