import type { EntityPlan } from "../define/entity-plan.ts";
import type { EntityWrite } from "../port/rows.ts";
import type { Visibility } from "../port/store.ts";
import type { MemoryRow } from "./memory-transaction.ts";

/** Those of the rows that a read sees. */
export const seenRows = (
  { scope }: EntityPlan,
  rows: readonly MemoryRow[],
  seen?: Visibility,
): MemoryRow[] =>
  rows.filter(
    ({ deletedAt, columns }) =>
      (deletedAt === null || seen?.includeDeleted === true) &&
      scope.every((_, at) => seen?.scope === undefined || columns[at] === seen.scope[at]),
  );

/** Orders rows of one unique value: the live one, then those that were deleted, the last one first. */
export const latestDeletedFirst = (one: MemoryRow, other: MemoryRow): number => {
  if (one.deletedAt === null || other.deletedAt === null) return one.deletedAt === null ? -1 : 1;
  const byTime = other.deletedAt.getTime() - one.deletedAt.getTime();
  return byTime || (one.id < other.id ? 1 : -1);
};

/** When the entity was deleted, after a write: as before, where the write neither deletes nor restores. */
export const deletedAtAfter = (
  { deletion }: EntityWrite,
  before: MemoryRow | undefined,
  recordedAt: Date,
): Date | null => {
  if (deletion === undefined) return before?.deletedAt ?? null;
  return deletion === "deleted" ? recordedAt : null;
};
