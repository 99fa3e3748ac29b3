import type { ColumnPlan, ColumnType } from "@annals/core/adapter";
import { type COLUMN_RULES, columnConstraint } from "./constraint-names.ts";
import { quoteName, quoteText } from "./quote.ts";
import type { TablePart } from "./schema-object.ts";

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

/**
 * The type that a parameter for a column is cast to. An explicit cast to `varchar(3)` cuts what is longer
 * without a word, where an assignment refuses it (PostgreSQL manual, sections 8.3 and 8.10); so the
 * length is left to the column.
 */
export const parameterType = (type: ColumnType): string => {
  const name = sqlType(type);
  const [, base] = /^([a-z ]+?)\s*\(\s*\d+\s*\)$/i.exec(name) ?? [];
  return (base === undefined ? undefined : WITHOUT_LENGTH[base.toLowerCase()]) ?? name;
};

const WITHOUT_LENGTH: Readonly<Record<string, string>> = {
  varchar: "varchar",
  "character varying": "varchar",
  char: "bpchar",
  character: "bpchar",
  bpchar: "bpchar",
  bit: "varbit",
  "bit varying": "varbit",
  varbit: "varbit",
};

/** The column as CREATE TABLE has it. */
export const columnPart = (column: ColumnPlan): TablePart => {
  const parts = [sqlType(column.type)];
  const collation = collationOf(column);
  if (collation !== undefined) parts.push(`collate ${quoteName(collation)}`);
  if (!column.nullable) parts.push("not null");
  return { name: column.column, sql: parts.join(" ") };
};

// "C" orders bytes: alike on every server, and usable for prefix searches by the same index.
const collationOf = ({ type, collation }: ColumnPlan): string | undefined =>
  collation ?? (isText(type) ? "C" : undefined);

const isText = (type: ColumnType): boolean =>
  /^(text|varchar|character varying)(\s*\(\d+\))?$/i.test(sqlType(type));

/** The constraints of one column, apart from uniqueness. */
export const columnConstraints = (
  schema: string,
  table: string,
  column: ColumnPlan,
): readonly TablePart[] => {
  const name = quoteName(column.column);
  const named = (rule: (typeof COLUMN_RULES)[number], sql: string): TablePart => ({
    name: columnConstraint(table, column.column, rule),
    sql,
  });
  const parts: TablePart[] = [];
  if (column.type.kind === "enum") {
    const values = column.type.values.map(quoteText).join(", ");
    parts.push(named("enum", `check (${name} in (${values}))`));
  }
  if (column.check !== undefined) parts.push(named("check", `check (${column.check})`));
  if (column.references !== undefined) {
    const target = `${quoteName(schema)}.${quoteName(column.references.table)}`;
    const action = column.onDelete === "no action" ? "" : ` on delete ${column.onDelete}`;
    const referred = `${target} (${quoteName(column.references.column)})${action}`;
    parts.push(named("fkey", `foreign key (${name}) references ${referred}`));
  }
  return parts;
};

/** Turns a stored value into a parameter that both `pg` and PGlite send as it is meant. */
export const toParameter = (column: ColumnPlan, value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  const isArrayType = column.type.kind === "declared" && column.type.name.endsWith("[]");
  return Array.isArray(value) && isArrayType ? value : JSON.stringify(value);
};
