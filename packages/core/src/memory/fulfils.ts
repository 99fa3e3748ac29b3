import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { Comparison, Predicate } from "../port/rows.ts";
import { columnOrder } from "./column-order.ts";

/** Whether a row fulfils a condition, in SQL's logic of three values: `undefined` is neither. */
export const fulfils = (
  plan: EntityPlan,
  predicate: Predicate,
  valueAt: (property: string) => JsonValue,
): boolean | undefined => {
  const holds = (one: Predicate) => fulfils(plan, one, valueAt);
  switch (predicate.kind) {
    case "all":
      return every(predicate.of.map(holds));
    case "any":
      return not(every(predicate.of.map((one) => not(holds(one)))));
    case "not":
      return not(holds(predicate.of));
    case "absent":
      return valueAt(predicate.column) === null;
  }
  const value = valueAt(predicate.column);
  if (value === null) return undefined;
  switch (predicate.kind) {
    case "compare":
      return COMPARE[predicate.operator](
        columnOrder(plan, predicate.column)(value, predicate.value),
      );
    case "oneOf":
      return predicate.values.includes(value);
    case "like":
      return likeExpression(predicate.pattern, predicate.ignoreCase).test(String(value));
  }
};

const every = (results: readonly (boolean | undefined)[]): boolean | undefined => {
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
};

const not = (result: boolean | undefined): boolean | undefined =>
  result === undefined ? undefined : !result;

const COMPARE: Readonly<Record<Comparison, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

const likeExpression = (pattern: string, ignoreCase: boolean): RegExp => {
  const parts = pattern.match(/\\.|[^\\]/gsu) ?? [];
  const source = parts.map((part) => {
    if (part === "%") return ".*";
    if (part === "_") return ".";
    return (part.length > 1 && part.startsWith("\\") ? part.slice(1) : part).replace(
      /[.*+?^${}()|[\]\\/-]/g,
      "\\$&",
    );
  });
  return new RegExp(`^${source.join("")}$`, ignoreCase ? "isu" : "su");
};
