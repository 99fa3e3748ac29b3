import type { EntityPlan } from "@annals/core/adapter";
import { qualify } from "./quote.ts";
import type { SchemaObject } from "./schema-object.ts";
import { scopeParts } from "./scope-guards.ts";
import type { TableNames } from "./table-names.ts";

type Table = SchemaObject & { readonly kind: "table" };

/**
 * Where the states of entities are kept, for definitions that ask for it. One row for each fingerprint, since
 * code from before and after a change may run side by side. Nothing refers to it, and it may be emptied at any time.
 */
export const snapshotsTable = (
  plan: EntityPlan,
  { schema, index }: TableNames,
): readonly Table[] =>
  plan.snapshot === undefined
    ? []
    : [
        {
          kind: "table",
          name: plan.snapshot.table,
          comment: `The state of each "${plan.name}" at one of its versions, for reads to begin at. May be emptied at any time.`,
          qualified: qualify(schema, plan.snapshot.table),
          columns: [
            { name: "id", sql: "uuid not null" },
            ...scopeParts(plan),
            { name: "fingerprint", sql: "text not null" },
            { name: "version", sql: "integer not null" },
            { name: "snapshot", sql: "jsonb not null" },
            { name: "taken_at", sql: "timestamptz(3) not null" },
          ],
          constraints: [
            { name: `${plan.snapshot.table}_pkey`, sql: 'primary key ("id", "fingerprint")' },
            {
              name: `${plan.snapshot.table}_id_fkey`,
              sql: `foreign key ("id") references ${qualify(schema, index)} ("id") on delete cascade`,
            },
            { name: `${plan.snapshot.table}_version_check`, sql: 'check ("version" > 0)' },
          ],
          options: "",
        },
      ];
