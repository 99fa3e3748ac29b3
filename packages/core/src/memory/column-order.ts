import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";

/** Orders two values that a column stores; neither is `null`. */
export type Compare = (one: JsonValue, other: JsonValue) => number;

/** How a column's stored values are ordered, which is not always how their JSON is. */
export const columnOrder = (plan: EntityPlan, property: string): Compare => {
  const type = plan.columns.find((column) => column.property === property)?.type;
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
export const compareText = (one: string, other: string): number => {
  const [points, others] = [[...one], [...other]];
  const at = points.findIndex((point, index) => point !== others[index]);
  if (at === -1) return points.length - others.length;
  return (points[at]?.codePointAt(0) ?? -1) - (others[at]?.codePointAt(0) ?? -1);
};
