import { type ColumnType, DELETED_AT, type ListQuery } from "@annals/core/adapter";
import { parameterType } from "../tables/column-sql.ts";
import { isIndexedByConstraint } from "../tables/index-table-indexes.ts";
import { quoteName } from "../tables/quote.ts";
import { columnOf } from "./condition.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { asksForDeleted } from "./visible-rows.ts";

/** The column that a list is ordered by. */
export interface OrderColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** The value as text that every session reads alike. */
  readonly text: string;
  /** The id alone is a total order. */
  readonly isId: boolean;
  /** Whether rows without a value have an index by id of their own. */
  readonly absentById: boolean;
}

export const orderColumn = (tables: EntityTables, { orderBy, where }: ListQuery): OrderColumn => {
  if (orderBy === "id") {
    const text = "u.id::text";
    return { name: '"id"', type: "uuid", text, nullable: false, isId: true, absentById: false };
  }
  const { column, type, nullable } =
    orderBy === "createdAt" ? CREATED_AT : columnOf(tables, orderBy);
  const name = quoteName(column);
  const text = placeText(type, `u.${name}`);
  const isDeletion = orderBy === DELETED_AT.property;
  return {
    name,
    type: parameterType(type),
    text,
    // Deleted rows alone all have a time of deletion, in whose order their index has them.
    nullable: nullable && !(isDeletion && asksForDeleted(where)),
    isId: false,
    absentById: isDeletion || isIndexedByConstraint(tables.plan, column),
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
