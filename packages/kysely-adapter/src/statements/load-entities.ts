import { type Statement, statement } from "../connection/statement.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { isScoped, scopeOnly } from "./in-scope.ts";
import { joinKnown, type Knowledge, newerColumns } from "./known-entity.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import type { SeenTree } from "./tree-columns.ts";
import { visibleOnly } from "./visible-rows.ts";

/**
 * Loads one entity by id; a deleted one only where it is to be seen.
 * Parameters: $1 id; from $2 on, the scope where one is seen alone; then what is known, where somebody knows
 * any. Locks: none. Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadEntity = (tables: EntityTables, seen?: SeenTree, knows?: Knowledge): Statement =>
  load(tables, "load", "= $1::uuid", seen, knows);

/**
 * Loads many entities by id; those that do not exist are left out.
 * Parameters: $1 ids; from $2 on, the scope where one is seen alone; then what is known, where somebody knows
 * any. Locks: none. Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadEntities = (tables: EntityTables, seen?: SeenTree, knows?: Knowledge): Statement =>
  load(tables, "load_many", "= any ($1::uuid[])", seen, knows);

const load = (
  tables: EntityTables,
  label: string,
  ids: string,
  seen: SeenTree | undefined,
  knows: Knowledge | undefined,
): Statement => {
  const { plan } = tables;
  if (knows === undefined) {
    return statement(`${label}_${plan.indexTable}`, loadText(tables, ids, seen));
  }
  const next = isScoped(plan, seen) ? plan.scope.length + 2 : 2;
  return statement(
    `${label}_newer_${plan.indexTable}`,
    `select ${newerColumns(tables, knows)}
from ${tables.index} u${joinKnown(tables, knows, next)}
${loadWhere(tables, ids, seen)}`,
  );
};

/** The same with children that are chosen by conditions, whose values follow the other parameters. */
export const loadChosen = (tables: EntityTables, seen: SeenTree | undefined): string =>
  loadText(tables, "= any ($1::uuid[])", seen);

const loadText = (tables: EntityTables, ids: string, seen: SeenTree | undefined): string =>
  `select ${storedEntityColumns(tables, seen)}
from ${tables.index} u
${loadWhere(tables, ids, seen)}`;

const loadWhere = (tables: EntityTables, ids: string, seen: SeenTree | undefined): string =>
  `where u.id ${ids}${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 2)}`;
