import type { EntityPlan, Visibility } from "@annals/core/adapter";
import { parameterType, toParameter } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import { scopeColumns } from "../tables/scope-columns.ts";
import type { EntityTables } from "./entity-table-names.ts";

/** Whether a read sees one scope alone. */
export const isScoped = ({ scope }: EntityPlan, seen: Visibility | undefined): boolean =>
  scope.length > 0 && seen?.scope !== undefined;

/**
 * What to add to a condition over the index table aliased `u`, so that the rows of other scopes are as if
 * they were not there. Its values are the parameters from `first` on.
 */
export const scopeOnly = (
  { plan }: EntityTables,
  seen: Visibility | undefined,
  first: number,
): string => (isScoped(plan, seen) ? scopeCondition(plan, first) : "");

/** The same, whichever scope the parameters say. */
export const scopeCondition = (plan: EntityPlan, first: number): string =>
  scopeColumns(plan)
    .map(
      ({ column, type }, at) =>
        ` and u.${quoteName(column)} = $${first + at}::${parameterType(type)}`,
    )
    .join("");

/** The values for `scopeOnly`. */
export const scopeParameters = (
  plan: EntityPlan,
  seen: Visibility | undefined,
): readonly unknown[] =>
  isScoped(plan, seen)
    ? scopeColumns(plan).map((column, at) => toParameter(column, seen?.scope?.[at]))
    : [];
