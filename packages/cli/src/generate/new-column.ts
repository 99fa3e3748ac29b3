import { filledColumn, quoteName, quoteText, type TablePart } from "@annals/kysely-adapter/schema";
import { change, type SchemaChange } from "./schema-change.ts";

/** A new column of an index table that has rows already. */
export interface NewColumn {
  readonly entity: string;
  /** The table's name with its schema, quoted, and without. */
  readonly qualified: string;
  readonly table: string;
  readonly column: TablePart;
  /** Whether it keeps the value it was created with, so that later writes leave it alone. */
  readonly isImmutable: boolean;
}

/**
 * A new index column takes three steps, for its values come from the events, by code: it is added
 * without demands; `annals rebuild` fills it; then the demands are made, which is refused while a row is
 * missing.
 *
 * Old code may still write meanwhile, and its updates leave the new column as it was, which is then out
 * of date. Only whoever names a column in an UPDATE fires a trigger on it, so the version that a value
 * belongs to is kept by one: rows whose version has moved on without it are missing again.
 */
export const newColumn = (at: NewColumn): SchemaChange => {
  const { entity, qualified, column } = at;
  const name = quoteName(column.name);
  // What counts for itself has nothing to be filled with.
  if (/ default /.test(column.sql)) {
    return change(`${entity}: the column ${column.name} is added`, [
      `alter table ${qualified} add column ${name} ${column.sql}`,
    ]);
  }
  const isRequired = / not null\b/.test(column.sql);
  const filled = quoteName(filledColumn(column.name));
  return change(
    `${entity}: the column ${column.name} is added`,
    [
      `alter table ${qualified} add column ${name} ${column.sql.replace(/ not null\b/, "")}`,
      `alter table ${qualified} add column ${filled} integer`,
      ...fillTriggers(at),
    ],
    {
      fills: entity,
      contract: [
        refusal(at),
        `alter table ${qualified} drop column ${filled} cascade`,
        `drop function ${functionName(at)}() cascade`,
        ...(isRequired ? [`alter table ${qualified} alter column ${name} set not null`] : []),
      ],
    },
  );
};

const functionName = ({ qualified, column }: NewColumn): string =>
  qualified.replace(/"$/, `_${column.name}_filled"`);

const fillTriggers = (at: NewColumn): readonly string[] => {
  const { qualified, table, column } = at;
  const name = quoteName(column.name);
  const trigger = (event: string): string => quoteName(`${table}_${column.name}_filled_${event}`);
  return [
    `create function ${functionName(at)}() returns trigger
language plpgsql as $$
begin
  new.${quoteName(filledColumn(column.name))} := new.version;
  return new;
end
$$`,
    `create trigger ${trigger("update")}
before update of ${name} on ${qualified}
for each row execute function ${functionName(at)}()`,
    `create trigger ${trigger("insert")}
before insert on ${qualified}
for each row when (new.${name} is not null) execute function ${functionName(at)}()`,
  ];
};

/** Locks out writers until the end of the migration, and refuses it while a row is missing. */
const refusal = ({ entity, qualified, table, column, isImmutable }: NewColumn): string => {
  const filled = quoteName(filledColumn(column.name));
  const missing = isImmutable ? `${filled} is null` : `${filled} is distinct from version`;
  const message = `${table}.${column.name} is not filled in every row`;
  return `lock table ${qualified} in share row exclusive mode;
do $$
begin
  if exists (select from ${qualified} where ${missing}) then
    raise exception ${quoteText(message)} using hint = ${quoteText(`Run annals rebuild ${entity}, when no old code writes any more, and migrate again.`)};
  end if;
end
$$`;
};
