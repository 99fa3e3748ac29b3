import {
  type ColumnType,
  DELETED_AT,
  type ListPosition,
  type ListQuery,
  type Visibility,
} from "@annals/core/adapter";
import { sqlType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import { columnOf, condition, Parameters } from "./condition.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import { asksForDeleted, type RowSets, rowSets } from "./visible-rows.ts";

/**
 * One page of entities with their events. Rows without an ordering value come last; the id breaks ties.
 * Parameters: the condition's values, then those of the places between which the page lies, then the
 * limit. Locks: none. Relies on: the ordering column's index, user_events_id_sequence_key.
 *
 * The page is cut before any event is read, and a place's value leaves as text, so that a cursor carries
 * exactly what the database compares. The last rows are found from the end, and turned around outside.
 */
export const listEntities = (
  tables: EntityTables,
  query: ListQuery,
  seen?: Visibility,
): { readonly sql: string; readonly parameters: readonly unknown[] } => {
  const order = orderColumn(tables, query);
  const parameters = new Parameters();
  const conditions = [
    condition(tables, query.where, parameters),
    ...(query.after ? [beyond(order, query.after, query.direction, "after", parameters)] : []),
    ...(query.before ? [beyond(order, query.before, query.direction, "before", parameters)] : []),
  ].filter((one) => one !== "true");
  const ordering = orderingOf(order, query);
  const limit = `${parameters.add(query.limit)}::bigint`;
  const sets = rowSets(tables, query.where, seen);
  const place = query.take === "first" ? "u.place" : "u.place desc";
  return {
    sql: `with page as (
  select u.id, u.version, ${order.text} as position, row_number() over (order by ${ordering}) as place
  from ${source(tables, sets, conditions, `order by ${ordering} limit ${limit}`)}
  order by ${ordering}
  limit ${limit}
)
select ${storedEntityColumns(tables)}, u.position
from page u
order by ${place}`,
    parameters: parameters.values,
  };
};

/** The rows to cut the page from: one set with its conditions, or the first of each of two. */
const source = (
  { index }: EntityTables,
  sets: RowSets,
  conditions: readonly string[],
  firstOfEach: string,
): string => {
  const [one, ...more] = sets.map((set) => {
    const all = set === "" ? conditions : [...conditions, set];
    return `${index} u${all.length === 0 ? "" : `\n  where ${all.join("\n    and ")}`}`;
  });
  if (more.length === 0) return one as string;
  const selects = [one, ...more].map((rows) => `(select u.* from ${rows}\n  ${firstOfEach})`);
  return `(\n  ${selects.join("\n  union all\n  ")}\n  ) u`;
};

interface OrderColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** The value as text that every session reads alike. */
  readonly text: string;
  /** The id alone is a total order. */
  readonly isId: boolean;
}

const orderColumn = (tables: EntityTables, { orderBy, where }: ListQuery): OrderColumn => {
  if (orderBy === "id") {
    return { name: '"id"', type: "uuid", text: "u.id::text", nullable: false, isId: true };
  }
  const { column, type, nullable } =
    orderBy === "createdAt" ? CREATED_AT : columnOf(tables, orderBy);
  const name = quoteName(column);
  return {
    name,
    type: sqlType(type),
    text: placeText(type, `u.${name}`),
    // Deleted rows alone all have a time of deletion, in whose order their index has them.
    nullable: nullable && !(orderBy === DELETED_AT.property && asksForDeleted(where)),
    isId: false,
  };
};

/** A value as text that no setting of the session changes: neither DateStyle nor extra_float_digits. */
const placeText = (type: ColumnType, value: string): string => {
  switch (type.kind) {
    case "timestamp":
    case "date":
      return `to_json(${value}) #>> '{}'`;
    case "double":
      return `encode(float8send(${value}), 'hex')`;
    default:
      return `${value}::text`;
  }
};

/** What `placeText` wrote, as a parameter takes it back: exactly the value that the database compares. */
export const placeValue = (
  { plan }: EntityTables,
  orderBy: string,
  text: string | null,
): string | null => {
  const type = plan.columns.find(({ property }) => property === orderBy)?.type;
  if (type?.kind !== "double" || text === null) return text;
  return String(Buffer.from(text, "hex").readDoubleBE());
};

const CREATED_AT = { column: "created_at", type: { kind: "timestamp" }, nullable: false } as const;

/** The order in which rows are read: the query's, or its reverse when the last ones are wanted. */
const orderingOf = (
  { name, nullable, isId }: OrderColumn,
  { direction, take }: ListQuery,
): string => {
  const isForward = take === "first";
  const read = (direction === "asc") === isForward ? "asc" : "desc";
  if (isId) return `u.id ${read}`;
  // Without values to sort to one end, the plain order is the one that an index has.
  const nulls = nullable ? ` nulls ${isForward ? "last" : "first"}` : "";
  return `u.${name} ${read}${nulls}, u.id ${read}`;
};

/** That a row lies beyond a place, on the given side of it. Rows without a value are after all others. */
const beyond = (
  { name, type, nullable, isId }: OrderColumn,
  { value, id }: ListPosition,
  direction: "asc" | "desc",
  side: "after" | "before",
  parameters: Parameters,
): string => {
  const isAfter = side === "after";
  const operator = (direction === "asc") === isAfter ? ">" : "<";
  const beyondId = `u.id ${operator} ${parameters.add(id)}::uuid`;
  if (isId) return beyondId;
  if (value === null) {
    const among = `u.${name} is null and ${beyondId}`;
    return isAfter ? `(${among})` : `(u.${name} is not null or (${among}))`;
  }
  const idParameter = `$${parameters.values.length}::uuid`;
  const row = `(u.${name}, u.id) ${operator} (${parameters.add(value)}::${type}, ${idParameter})`;
  return nullable && isAfter ? `(${row} or u.${name} is null)` : row;
};
