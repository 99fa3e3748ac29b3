import type { UniquePlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { parameterType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { joinKnown, type Knowledge, newerColumns } from "./known-entity.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import { rowColumns, type SeenTree } from "./tree-columns.ts";
import { hidesDeleted, visibleOnly } from "./visible-rows.ts";

/**
 * Finds one entity by the columns of a unique constraint, with its events.
 * Parameters: one for each column, in the constraint's order; then what is known, where somebody knows any. Locks: none.
 * Relies on: the constraint's own index, for deleted rows the one beside it, user_events_id_sequence_key.
 */
export const findEntity = (
  tables: EntityTables,
  unique: UniquePlan,
  seen?: SeenTree,
  knows?: Knowledge,
): Statement =>
  statement(
    `find_${knows === undefined ? "" : "newer_"}${unique.constraint}`,
    findEntityText(tables, unique, seen, knows),
  );

/** The same as a text, for children that are chosen by conditions, whose values follow the columns'. */
export const findEntityText = (
  tables: EntityTables,
  unique: UniquePlan,
  seen: SeenTree | undefined,
  knows?: Knowledge,
): string => {
  const conditions = unique.columns.map((name, at) => {
    const column = tables.plan.columns.find((candidate) => candidate.column === name);
    const cast = column === undefined ? "" : `::${parameterType(column.type)}`;
    return `u.${quoteName(name)} = $${at + 1}${cast}`;
  });
  const condition = conditions.join(" and ");
  const { plan } = tables;
  const [columns, known] =
    knows === undefined
      ? [storedEntityColumns(tables, seen), ""]
      : [newerColumns(tables, knows), joinKnown(tables, knows, unique.columns.length + 1)];
  return plan.lifecycle === undefined || hidesDeleted(plan, seen)
    ? `select ${columns}
from ${tables.index} u${known}
where ${condition}${visibleOnly(tables, seen)}`
    : `select ${columns}
from ${deletedToo(tables, condition)} u${known}`;
};

/** Any number of deleted rows may share a value: the live one comes first, then the last one deleted. */
const deletedToo = (tables: EntityTables, condition: string): string =>
  `(
  (select ${rowColumns(tables)}, u.deleted_at from ${tables.index} u where ${condition} and u.deleted_at is null)
  union all
  (select ${rowColumns(tables)}, u.deleted_at from ${tables.index} u where ${condition} and u.deleted_at is not null
    order by u.deleted_at desc, u.id desc limit 1)
  order by deleted_at desc nulls first
  limit 1
)`;
