import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { ListedEntity, ListQuery } from "../port/rows.ts";
import type { MemoryRow } from "./memory-store.ts";

/** Filters, orders and cuts rows as the query says; absent values come last in both directions. */
export const listRows = (
  plan: EntityPlan,
  rows: readonly MemoryRow[],
  query: ListQuery,
): readonly ListedEntity[] => {
  const { where, direction, after, limit } = query;
  const keyOf = orderingKey(plan, query.orderBy);
  const order = (one: Key, other: Key): number => compareKeys(one, other, direction);
  return rows
    .filter((row) =>
      [...where].every(([property, value]) => columnValue(plan, row, property) === value),
    )
    .map((row) => ({ row, key: [keyOf(row), row.id] as const }))
    .filter(({ key }) => after === undefined || order(key, [parse(after.value), after.id]) > 0)
    .sort((one, other) => order(one.key, other.key))
    .slice(0, limit)
    .map(({ row, key: [value, id] }) => ({
      ...row,
      position: { id, value: value === null ? null : JSON.stringify(value) },
    }));
};

type Key = readonly [value: JsonValue, id: string];

const orderingKey = (plan: EntityPlan, orderBy: string): ((row: MemoryRow) => JsonValue) => {
  if (orderBy === "id") return ({ id }) => id;
  if (orderBy === "createdAt") return ({ createdAt }) => createdAt.toISOString();
  return (row) => columnValue(plan, row, orderBy);
};

const columnValue = (plan: EntityPlan, row: MemoryRow, property: string): JsonValue =>
  row.columns[plan.columns.findIndex((column) => column.property === property)] ?? null;

const parse = (text: string | null): JsonValue => (text === null ? null : JSON.parse(text));

const compareKeys = (one: Key, other: Key, direction: "asc" | "desc"): number => {
  const sign = direction === "asc" ? 1 : -1;
  if (one[0] === null && other[0] !== null) return 1;
  if (one[0] !== null && other[0] === null) return -1;
  return sign * (compare(one[0], other[0]) || compare(one[1], other[1]));
};

const compare = (one: JsonValue, other: JsonValue): number => {
  if (one === null || other === null || one === other) return 0;
  return one < other ? -1 : 1;
};
