import type { EntityPlan, UniquePlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";

/**
 * The values that a row holds in a unique constraint, as one text; `undefined` where one is absent, since
 * then it shares them with nobody, or the row holds none.
 *
 * @param columns the row's index columns, in the plan's order.
 */
export const uniqueKey = (
  plan: EntityPlan,
  { properties }: UniquePlan,
  columns: readonly JsonValue[] | undefined,
): string | undefined => {
  if (columns === undefined) return undefined;
  const values = properties.map(
    (property) => columns[plan.columns.findIndex((column) => column.property === property)] ?? null,
  );
  return values.includes(null) ? undefined : JSON.stringify(values);
};
