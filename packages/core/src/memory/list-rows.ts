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
  const compare = comparison(plan, query.orderBy);
  const order = (one: Key, other: Key): number => compareKeys(one, other, direction, compare);
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

type Compare = (one: JsonValue, other: JsonValue) => number;

const compareKeys = (one: Key, other: Key, direction: "asc" | "desc", compare: Compare): number => {
  const sign = direction === "asc" ? 1 : -1;
  if (one[0] === null && other[0] !== null) return 1;
  if (one[0] !== null && other[0] === null) return -1;
  const byValue = one[0] === null ? 0 : compare(one[0], other[0]);
  return sign * (byValue || compareText(one[1], other[1]));
};

/** How a column's stored values are ordered, which is not always how their JSON is. */
const comparison = (plan: EntityPlan, orderBy: string): Compare => {
  const type = plan.columns.find(({ property }) => property === orderBy)?.type;
  return type?.kind === "numeric"
    ? (one, other) => compareOrdered(BigInt(String(one)), BigInt(String(other)))
    : compareJson;
};

const compareJson: Compare = (one, other) =>
  typeof one === "string" && typeof other === "string"
    ? compareText(one, other)
    : compareOrdered(Number(one), Number(other));

const compareOrdered = <Value extends number | bigint>(one: Value, other: Value): number => {
  if (one === other) return 0;
  return one < other ? -1 : 1;
};

/** By code points, as UTF-8 sorts; JavaScript's own order is that of UTF-16. */
const compareText = (one: string, other: string): number => {
  const [points, others] = [[...one], [...other]];
  const at = points.findIndex((point, index) => point !== others[index]);
  if (at === -1) return points.length - others.length;
  return (points[at]?.codePointAt(0) ?? -1) - (others[at]?.codePointAt(0) ?? -1);
};
