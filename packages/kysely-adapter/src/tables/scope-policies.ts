import type { EntityPlan } from "@annals/core/adapter";
import { parameterType } from "./column-sql.ts";
import { qualify, quoteName, quoteText } from "./quote.ts";
import type { SchemaObject } from "./schema-object.ts";
import { scopeColumns } from "./scope-columns.ts";
import type { TableNames } from "./table-names.ts";

/** The setting of a transaction that says which value rows have to have in a column of the scope. */
export const scopeSetting = (column: string): string => `annals.${column}`;

/**
 * Row-level security of the entity's tables, where the definition asks for it. The owner of the tables is not
 * bound: migrations, consumers and maintenance work over all scopes.
 *
 * The subselect is evaluated once for a statement, not for each row. A setting that was made in an
 * earlier transaction of the session is the empty text afterwards, not NULL.
 */
export const scopePolicies = (
  plan: EntityPlan,
  { schema, index, events }: TableNames,
): readonly SchemaObject[] => {
  if (!plan.rowLevelSecurity) return [];
  const isOfScope = scopeColumns(plan)
    .map(({ column, type }) => {
      const value = `nullif(current_setting(${quoteText(scopeSetting(column))}, true), '')`;
      return `${quoteName(column)} = (select ${value}::${parameterType(type)})`;
    })
    .join(" and ");
  const tables = [index, events, ...(plan.snapshot === undefined ? [] : [plan.snapshot.table])];
  return tables.flatMap((name): readonly SchemaObject[] => {
    const table = qualify(schema, name);
    return [
      {
        kind: "row-level security",
        name,
        table,
        sql: `alter table ${table} enable row level security`,
      },
      {
        kind: "policy",
        name: `${name}_scope`,
        comment: "Whoever is bound by it sees and writes rows of the transaction's scope alone.",
        table,
        sql: `create policy ${quoteName(`${name}_scope`)} on ${table}
using (${isOfScope})
with check (${isOfScope})`,
      },
    ];
  });
};
