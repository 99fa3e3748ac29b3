import type { UniquePlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { sqlType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { storedEntityColumns } from "./stored-entity.ts";

/**
 * Finds one entity by the columns of a unique constraint, with its events.
 * Parameters: one for each column, in the constraint's order. Locks: none.
 * Relies on: the constraint's own index, user_events_id_sequence_key.
 */
export const findEntity = (tables: EntityTables, unique: UniquePlan): Statement => {
  const conditions = unique.columns.map((name, at) => {
    const column = tables.plan.columns.find((candidate) => candidate.column === name);
    const cast = column === undefined ? "" : `::${sqlType(column.type)}`;
    return `u.${quoteName(name)} = $${at + 1}${cast}`;
  });
  return statement(
    `find_${unique.constraint}`,
    `select ${storedEntityColumns(tables)}
from ${tables.index} u
where ${conditions.join(" and ")}`,
  );
};
