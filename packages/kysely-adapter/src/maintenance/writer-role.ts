import type { SchemaDifference } from "@annals/core";
import type { EntityPlan } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { type WriterPrivilege, writerPrivileges } from "../statements/writer-privileges.ts";
import { entityColumns } from "../tables/entity-tables.ts";
import { writableColumns } from "../tables/writer-grant.ts";

/** What keeps an entity's writer role from writing, or lets it change what is stored. */
export const writerRoleDifferences = async <DB>(
  database: Database<DB>,
  tx: Transaction<DB>,
  plan: EntityPlan,
): Promise<readonly SchemaDifference[]> => {
  const { writerRole, indexTable, eventsTable, snapshot } = plan;
  if (writerRole === undefined) return [];
  const { inserted, updated, appended } = writableColumns(plan, entityColumns(plan));
  const { rows } = await database.run<WriterPrivilege | { table: null }>(
    writerPrivileges,
    [
      ...[database.schema, indexTable, eventsTable, writerRole, inserted, updated, appended],
      snapshot?.table ?? null,
    ],
    tx,
    [plan.name, "check"],
  );
  return rows.map((row): SchemaDifference => {
    const entity = plan.name;
    if (row.table === null) {
      return {
        entity,
        object: `role ${writerRole}`,
        problem: "It is missing.",
        remedy: "Create it: annals generate, then annals migrate.",
      };
    }
    const object = `table ${database.schema}.${row.table}`;
    const [privilege, column] = row.privilege.split(" on ");
    const granted = `${privilege}${column === undefined ? "" : ` (${column})`} ON ${database.schema}.${row.table}`;
    return row.isExcess
      ? {
          entity,
          object,
          problem: `${writerRole} has ${row.privilege}, itself or through another role, and could change what is stored.`,
          remedy: `REVOKE ${granted} FROM ${writerRole}, or the membership that brings it.`,
        }
      : {
          entity,
          object,
          problem: `${writerRole} lacks ${row.privilege}, so that it cannot write.`,
          remedy: `GRANT ${granted} TO ${writerRole}.`,
        };
  });
};
