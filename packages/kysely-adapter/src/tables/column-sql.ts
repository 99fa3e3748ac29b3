import type { ColumnPlan, ColumnType } from "@annals/core/adapter";
import { type COLUMN_RULES, columnConstraint } from "./constraint-names.ts";
import { quoteName, quoteText } from "./quote.ts";

const TYPES = {
  text: "text",
  enum: "text",
  integer: "integer",
  bigint: "bigint",
  double: "double precision",
  numeric: "numeric",
  boolean: "boolean",
  uuid: "uuid",
  timestamp: "timestamptz(3)",
  date: "date",
} as const satisfies Record<Exclude<ColumnType["kind"], "declared">, string>;

/** The SQL type of an index column, without its collation. */
export const sqlType = (type: ColumnType): string =>
  type.kind === "declared" ? type.name : TYPES[type.kind];

/** The column's line in CREATE TABLE. */
export const columnLine = (column: ColumnPlan): string => {
  const parts = [quoteName(column.column), sqlType(column.type)];
  const collation = collationOf(column);
  if (collation !== undefined) parts.push(`collate ${quoteName(collation)}`);
  if (!column.nullable) parts.push("not null");
  return parts.join(" ");
};

// "C" orders bytes: alike on every server, and usable for prefix searches by the same index.
const collationOf = ({ type, collation }: ColumnPlan): string | undefined =>
  collation ?? (isText(type) ? "C" : undefined);

const isText = (type: ColumnType): boolean =>
  /^(text|varchar|character varying)(\s*\(\d+\))?$/i.test(sqlType(type));

/** The constraints of one column, apart from uniqueness. */
export const columnConstraints = (schema: string, table: string, column: ColumnPlan): string[] => {
  const name = quoteName(column.column);
  const named = (rule: (typeof COLUMN_RULES)[number]): string =>
    `constraint ${quoteName(columnConstraint(table, column.column, rule))}`;
  const lines: string[] = [];
  if (column.type.kind === "enum") {
    const values = column.type.values.map(quoteText).join(", ");
    lines.push(`${named("enum")} check (${name} in (${values}))`);
  }
  if (column.check !== undefined) {
    lines.push(`${named("check")} check (${column.check})`);
  }
  if (column.references !== undefined) {
    const target = `${quoteName(schema)}.${quoteName(column.references.table)}`;
    const action = column.onDelete === "no action" ? "" : ` on delete ${column.onDelete}`;
    lines.push(
      `${named("fkey")} foreign key (${name})` +
        ` references ${target} (${quoteName(column.references.column)})${action}`,
    );
  }
  return lines;
};

/** Turns a stored value into a parameter that both `pg` and PGlite send as it is meant. */
export const toParameter = (column: ColumnPlan, value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  const isArrayType = column.type.kind === "declared" && column.type.name.endsWith("[]");
  return Array.isArray(value) && isArrayType ? value : JSON.stringify(value);
};
