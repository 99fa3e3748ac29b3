import type { ColumnPlan, EntityPlan } from "@annals/core/adapter";
import { quoteName } from "./quote.ts";

/** The columns that divide a plan's entities into scopes; they come first. */
export const scopeColumns = ({ columns, scope }: EntityPlan): readonly ColumnPlan[] =>
  columns.slice(0, scope.length);

/** Their names as statements say them, in every table that has them. */
export const scopeNames = (plan: EntityPlan): readonly string[] =>
  scopeColumns(plan).map(({ column }) => quoteName(column));
