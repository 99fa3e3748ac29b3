import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import { DELETED_AT } from "../define/lifecycle.ts";
import type { ListedEntity, ListPosition, ListQuery, Predicate } from "../port/rows.ts";
import { type Compare, columnOrder, compareText } from "./column-order.ts";
import { fulfils } from "./fulfils.ts";
import type { MemoryRow } from "./memory-transaction.ts";

/** The rows that fulfil a condition. */
export const matchingRows = (
  plan: EntityPlan,
  rows: readonly MemoryRow[],
  where: Predicate,
): readonly MemoryRow[] =>
  rows.filter((row) => fulfils(plan, where, (property) => columnValue(plan, row, property)));

/** Filters, orders and cuts rows as the query says; absent values come last in both directions. */
export const listRows = (
  plan: EntityPlan,
  rows: readonly MemoryRow[],
  query: ListQuery,
): readonly ListedEntity[] => {
  const { where, direction, after, before, take, limit } = query;
  const keyOf = orderingKey(plan, query.orderBy);
  const compare = columnOrder(plan, query.orderBy);
  const order = (one: Key, other: Key): number => compareKeys(one, other, direction, compare);
  const placed = matchingRows(plan, rows, where)
    .map((row) => ({ row, key: [keyOf(row), row.id] as const }))
    .filter(({ key }) => after === undefined || order(key, keyAt(after)) > 0)
    .filter(({ key }) => before === undefined || order(key, keyAt(before)) < 0)
    .sort((one, other) => order(one.key, other.key));
  return (take === "first" ? placed.slice(0, limit) : placed.slice(-limit)).map(
    ({ row, key: [value, id] }) => ({
      ...row,
      position: { id, value: value === null ? null : JSON.stringify(value) },
    }),
  );
};

type Key = readonly [value: JsonValue, id: string];

const keyAt = ({ value, id }: ListPosition): Key => [value === null ? null : JSON.parse(value), id];

const orderingKey = (plan: EntityPlan, orderBy: string): ((row: MemoryRow) => JsonValue) => {
  if (orderBy === "id") return ({ id }) => id;
  if (orderBy === "createdAt") return ({ createdAt }) => createdAt.toISOString();
  return (row) => columnValue(plan, row, orderBy);
};

const columnValue = (plan: EntityPlan, row: MemoryRow, property: string): JsonValue =>
  property === DELETED_AT.property
    ? (row.deletedAt?.toISOString() ?? null)
    : (row.columns[plan.columns.findIndex((column) => column.property === property)] ?? null);

const compareKeys = (one: Key, other: Key, direction: "asc" | "desc", compare: Compare): number => {
  const sign = direction === "asc" ? 1 : -1;
  if (one[0] === null && other[0] !== null) return 1;
  if (one[0] !== null && other[0] === null) return -1;
  const byValue = one[0] === null ? 0 : compare(one[0], other[0]);
  return sign * (byValue || compareText(one[1], other[1]));
};
