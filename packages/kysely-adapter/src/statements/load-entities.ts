import { type Statement, statement } from "../connection/statement.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { scopeOnly } from "./in-scope.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import type { SeenTree } from "./tree-columns.ts";
import { visibleOnly } from "./visible-rows.ts";

/**
 * Loads one entity by id; a deleted one only where it is to be seen.
 * Parameters: $1 id; from $2 on, the scope where one is seen alone. Locks: none. Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadEntity = (tables: EntityTables, seen?: SeenTree): Statement =>
  statement(`load_${tables.plan.indexTable}`, loadText(tables, "= $1::uuid", seen));

/**
 * Loads many entities by id; those that do not exist are left out.
 * Parameters: $1 ids; from $2 on, the scope where one is seen alone. Locks: none. Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadEntities = (tables: EntityTables, seen?: SeenTree): Statement =>
  statement(`load_many_${tables.plan.indexTable}`, loadText(tables, "= any ($1::uuid[])", seen));

/** The same with children that are chosen by conditions, whose values follow the other parameters. */
export const loadChosen = (tables: EntityTables, seen: SeenTree | undefined): string =>
  loadText(tables, "= any ($1::uuid[])", seen);

const loadText = (tables: EntityTables, ids: string, seen: SeenTree | undefined): string =>
  `select ${storedEntityColumns(tables, seen)}
from ${tables.index} u
where u.id ${ids}${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 2)}`;
