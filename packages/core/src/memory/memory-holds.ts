import type { EntityPlan } from "../define/entity-plan.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import type { HoldResult, ReadEntity } from "../port/rows.ts";
import type { MemoryChanges } from "./memory-transaction.ts";
import type { RowsOf } from "./memory-trees.ts";

/** Compares entities with what was read, and has the commit compare them again. */
export const held = (
  plan: EntityPlan,
  read: readonly ReadEntity[],
  changes: MemoryChanges,
  rows: { readonly visible: RowsOf; readonly committed: RowsOf },
): HoldResult => {
  const visible = rows.visible(plan);
  const at = read.findIndex(({ id, version, revision }) => {
    const row = visible.get(id);
    return row?.version !== version || row.revision !== revision;
  });
  if (at !== -1) return { kind: "conflict", at };
  const committed = rows.committed(plan);
  for (const { id } of read) {
    const { version, revision } = committed.get(id) ?? {};
    changes.holds.push({ plan, id, version, revision });
  }
  return { kind: "held" };
};

/** @throws ConcurrentModificationError when somebody else has changed what a transaction rests on. */
export const checkHolds = ({ holds }: MemoryChanges, committed: RowsOf): void => {
  for (const { plan, id, version, revision } of holds) {
    const row = committed(plan).get(id);
    if (row?.version === version && row?.revision === revision) continue;
    throw new ConcurrentModificationError({
      entity: plan.name,
      id,
      expectedVersion: version ?? 0,
    });
  }
};
