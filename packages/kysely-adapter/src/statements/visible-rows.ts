import { DELETED_AT, type EntityPlan, type Predicate, type Visibility } from "@annals/core/adapter";
import { quoteName } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";

export const IS_LIVE = `u.${quoteName(DELETED_AT.column)} is null`;
export const IS_DELETED = `u.${quoteName(DELETED_AT.column)} is not null`;

/** Whether a read has to leave deleted rows out. Without a lifecycle there are none. */
export const hidesDeleted = ({ lifecycle }: EntityPlan, seen: Visibility | undefined): boolean =>
  lifecycle !== undefined && seen?.includeDeleted !== true;

/** What to add to a condition over the index table aliased `u`. */
export const visibleOnly = ({ plan }: EntityTables, seen: Visibility | undefined): string =>
  hidesDeleted(plan, seen) ? ` and ${IS_LIVE}` : "";

/** What restricts a read to one of the two sets of rows that have indexes of their own. */
export type RowSets = readonly string[];

/**
 * The sets of rows to read, as conditions: each index of an entity with a lifecycle holds live rows
 * or deleted ones, so who wants both asks twice, for no index serves both at once. One empty condition
 * stands for the whole table.
 */
export const rowSets = (
  { plan }: EntityTables,
  where: Predicate,
  seen: Visibility | undefined,
): RowSets => {
  if (plan.lifecycle === undefined) return [""];
  if (hidesDeleted(plan, seen)) return [IS_LIVE];
  return asksForDeleted(where) ? [IS_DELETED] : [IS_LIVE, IS_DELETED];
};

/** Whether only deleted rows fulfil a condition, as far as its form shows. */
export const asksForDeleted = (where: Predicate): boolean => {
  switch (where.kind) {
    case "all":
      return where.of.some(asksForDeleted);
    case "any":
      return where.of.length > 0 && where.of.every(asksForDeleted);
    case "not":
      return where.of.kind === "absent" && where.of.column === DELETED_AT.property;
    case "absent":
      return false;
    default:
      return where.column === DELETED_AT.property;
  }
};
