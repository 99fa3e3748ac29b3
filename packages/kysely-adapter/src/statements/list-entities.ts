import type { ColumnPlan, ListQuery } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { sqlType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { storedEntityColumns } from "./stored-entity.ts";

/** What of a list query changes the text of its statement; everything else is a parameter. */
export interface ListShape {
  /** Properties compared with a value, in the order of their parameters. */
  readonly equal: readonly string[];
  /** Properties that must have no value. */
  readonly absent: readonly string[];
  readonly orderBy: string;
  readonly direction: "asc" | "desc";
  /** Where the page begins: at the start, after a row with a value, or after one without. */
  readonly after: "start" | "value" | "null";
}

export const listShape = (query: ListQuery): ListShape => {
  const properties = [...query.where];
  return {
    equal: properties.filter(([, value]) => value !== null).map(([property]) => property),
    absent: properties.filter(([, value]) => value === null).map(([property]) => property),
    orderBy: query.orderBy,
    direction: query.direction,
    after: query.after === undefined ? "start" : query.after.value === null ? "null" : "value",
  };
};

/**
 * One page of entities with their events. Rows without an ordering value come last; the id breaks ties.
 * Parameters: $1 limit, then the position's id and value as the page begins, then the values compared.
 * Locks: none. Relies on: the ordering column's index, user_events_id_sequence_key.
 *
 * The page is cut before any event is read, and the position's value leaves as text, so that a cursor
 * carries exactly what the database compares.
 */
export const listEntities = (
  tables: EntityTables,
  shape: ListShape,
  make: typeof statement = statement,
): Statement => {
  const order = orderColumn(tables, shape.orderBy);
  const parameters = parametersOf(shape);
  const conditions = [
    ...shape.equal.map((property, at) => {
      const column = columnOf(tables, property);
      return `u.${quoteName(column.column)} = $${parameters.firstValue + at}::${sqlType(column.type)}`;
    }),
    ...shape.absent.map((property) => `u.${quoteName(columnOf(tables, property).column)} is null`),
    ...afterCondition(shape, order),
  ];
  const ordering = orderingOf(shape, order);
  return make(
    `list_${tables.plan.indexTable}`,
    `with page as (
  select u.id, u.version, ${order.text} as position, row_number() over (order by ${ordering}) as place
  from ${tables.index} u${conditions.length === 0 ? "" : `\n  where ${conditions.join("\n    and ")}`}
  order by ${ordering}
  limit $1
)
select ${storedEntityColumns(tables)}, u.position
from page u
order by u.place`,
  );
};

interface OrderColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** The value as text that every session reads alike, whatever its DateStyle. */
  readonly text: string;
  /** The id alone is a total order. */
  readonly isId: boolean;
}

const orderColumn = (tables: EntityTables, orderBy: string): OrderColumn => {
  if (orderBy === "id") {
    return { name: '"id"', type: "uuid", text: "u.id::text", nullable: false, isId: true };
  }
  const { column, type, nullable } =
    orderBy === "createdAt" ? CREATED_AT : columnOf(tables, orderBy);
  const name = quoteName(column);
  const isTime = type.kind === "timestamp" || type.kind === "date";
  const text = isTime ? `to_json(u.${name}) #>> '{}'` : `u.${name}::text`;
  return { name, type: sqlType(type), text, nullable, isId: false };
};

const CREATED_AT = { column: "created_at", type: { kind: "timestamp" }, nullable: false } as const;

const columnOf = (tables: EntityTables, property: string): ColumnPlan => {
  const column = tables.plan.columns.find((candidate) => candidate.property === property);
  if (column === undefined) throw new Error(`${tables.plan.name} has no column "${property}"`);
  return column;
};

const orderingOf = ({ direction }: ListShape, { name, nullable, isId }: OrderColumn): string => {
  if (isId) return `u.id ${direction}`;
  // Without values to sort to the end, the plain order is the one that an index has.
  const nulls = nullable ? " nulls last" : "";
  return `u.${name} ${direction}${nulls}, u.id ${direction}`;
};

const afterCondition = (
  shape: ListShape,
  { name, type, nullable, isId }: OrderColumn,
): string[] => {
  const beyond = shape.direction === "asc" ? ">" : "<";
  if (shape.after === "start") return [];
  if (isId) return [`u.id ${beyond} $2::uuid`];
  if (shape.after === "null") return [`u.${name} is null and u.id ${beyond} $2::uuid`];
  const row = `(u.${name}, u.id) ${beyond} ($3::${type}, $2::uuid)`;
  return [nullable ? `(${row} or u.${name} is null)` : row];
};

const parametersOf = (shape: ListShape): { readonly firstValue: number } => {
  const isAfterValue = shape.after === "value" && shape.orderBy !== "id";
  return { firstValue: 2 + (shape.after === "start" ? 0 : 1) + (isAfterValue ? 1 : 0) };
};

/** The values for the parameters that `listEntities` numbers. */
export const listParameters = (
  query: ListQuery,
  shape: ListShape,
  toParameter: (property: string, value: unknown) => unknown,
): unknown[] => {
  const { after } = query;
  return [
    query.limit,
    ...(after === undefined ? [] : [after.id]),
    ...(shape.after === "value" && shape.orderBy !== "id" ? [after?.value] : []),
    ...shape.equal.map((property) => toParameter(property, query.where.get(property))),
  ];
};
