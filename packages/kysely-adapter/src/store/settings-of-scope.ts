import type { JsonValue } from "@annals/core";
import type { EntityPlan, Idempotency } from "@annals/core/adapter";
import type { ScopeSettings } from "../connection/scope-settings.ts";
import { scopeColumns } from "../tables/scope-columns.ts";
import { scopeSetting } from "../tables/scope-policies.ts";

/** Says what a transaction is told of the scope of a call; `undefined` for what concerns several. */
export type SettingsOfScope = (
  scope: readonly JsonValue[] | undefined,
) => ScopeSettings | undefined;

/** What policies of the database ask for; nothing where the definition has none. */
export const settingsOfScope = (plan: EntityPlan): SettingsOfScope => {
  if (!plan.rowLevelSecurity) return () => undefined;
  const names = scopeColumns(plan).map(({ column }) => scopeSetting(column));
  return (scope) =>
    scope && { names, values: scope.slice(0, names.length).map((value) => String(value)) };
};

/** The scope that all of these are in; `undefined` where they are in several. */
export const commonScope = (
  { scope }: EntityPlan,
  all: readonly (readonly JsonValue[])[],
): readonly JsonValue[] | undefined => {
  const [first] = all;
  const isSame = all.every((one) => scope.every((_, at) => one[at] === first?.[at]));
  return isSame ? first : undefined;
};

/** The scope whose key it is. */
export const scopeOfKey = ({ within }: Idempotency): readonly JsonValue[] | undefined =>
  within === undefined || within === "*" ? undefined : (JSON.parse(within) as JsonValue[]);
