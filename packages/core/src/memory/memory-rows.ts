import type { EntityPlan } from "../define/entity-plan.ts";
import type { MemoryChanges, MemoryRow } from "./memory-transaction.ts";

/** The index rows of every definition. */
export class MemoryRows {
  readonly #committed = new Map<EntityPlan, Map<string, MemoryRow>>();

  /** Those that are committed, with what a transaction has written of them. */
  visible(plan: EntityPlan, changes: MemoryChanges | undefined): ReadonlyMap<string, MemoryRow> {
    const committed = this.#committed.get(plan) ?? new Map<string, MemoryRow>();
    const own = changes?.writes.filter((write) => write.plan === plan) ?? [];
    if (own.length === 0) return committed;
    return new Map([...committed, ...own.map(({ row }): [string, MemoryRow] => [row.id, row])]);
  }

  commit(plan: EntityPlan, row: MemoryRow): void {
    const rows = this.#committed.get(plan) ?? new Map<string, MemoryRow>();
    this.#committed.set(plan, rows.set(row.id, row));
  }
}
