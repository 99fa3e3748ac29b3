import type { Visibility } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { scopeOnly } from "./in-scope.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import { visibleOnly } from "./visible-rows.ts";

/**
 * Loads one entity by id; a deleted one only where it is to be seen.
 * Parameters: $1 id; from $2 on, the scope where one is seen alone. Locks: none. Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadEntity = (tables: EntityTables, seen?: Visibility): Statement =>
  statement(
    `load_${tables.plan.indexTable}`,
    `select ${storedEntityColumns(tables, seen)}
from ${tables.index} u
where u.id = $1::uuid${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 2)}`,
  );

/**
 * Loads many entities by id; those that do not exist are left out.
 * Parameters: $1 ids; from $2 on, the scope where one is seen alone. Locks: none. Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadEntities = (tables: EntityTables, seen?: Visibility): Statement =>
  statement(
    `load_many_${tables.plan.indexTable}`,
    `select ${storedEntityColumns(tables, seen)}
from ${tables.index} u
where u.id = any ($1::uuid[])${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 2)}`,
  );
