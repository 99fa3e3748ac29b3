import type { EntityPlan } from "../define/entity-plan.ts";
import { uniqueKey } from "../port/unique-key.ts";
import { seenRows } from "./deleted-rows.ts";
import type { MemoryRow } from "./memory-transaction.ts";

/**
 * The first of `given` whose values in a unique constraint another row has as well, and the constraint.
 *
 * @param rows all rows as they would be, the given ones among them.
 */
export const violation = (
  plan: EntityPlan,
  given: readonly MemoryRow[],
  rows: Iterable<MemoryRow>,
): { readonly at: number; readonly constraint: string } | undefined => {
  // What is deleted takes no unique value.
  const live = seenRows(plan, [...rows]);
  const counts = plan.uniques.map((unique) => {
    const count = new Map<string | undefined, number>();
    for (const { columns } of live) {
      const key = uniqueKey(plan, unique, columns);
      count.set(key, (count.get(key) ?? 0) + 1);
    }
    return { unique, count };
  });
  for (const [at, { columns, deletedAt }] of given.entries()) {
    if (deletedAt !== null) continue;
    for (const { unique, count } of counts) {
      const key = uniqueKey(plan, unique, columns);
      if (key !== undefined && (count.get(key) ?? 0) > 1) {
        return { at, constraint: unique.constraint };
      }
    }
  }
  return undefined;
};
