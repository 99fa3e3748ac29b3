import type { EntityPlan } from "../define/entity-plan.ts";
import type { EntityWrite } from "../port/rows.ts";
import { deletedAtAfter } from "./deleted-rows.ts";
import { requestOf } from "./memory-requests.ts";
import type { MemoryRow, MemoryWrite } from "./memory-transaction.ts";

/** What a write leaves, or why it cannot be. */
export const rowAfter = (
  plan: EntityPlan,
  write: EntityWrite,
  current: MemoryRow | undefined,
  now: Date,
): MemoryWrite | "exists" | "conflict" => {
  if (write.expectedVersion === 0 && current !== undefined) return "exists";
  if ((current?.version ?? 0) !== write.expectedVersion) return "conflict";
  // Another scope's entity is none that could be changed.
  if (plan.scope.some((_, at) => current && current.columns[at] !== write.columns[at])) {
    return "conflict";
  }
  if (write.revision !== undefined && current?.revision !== write.revision) return "conflict";
  const recordedAt = write.recordedAt ?? now;
  const isTouched = write.expectedVersion === 0 || write.revision !== undefined;
  const revision = (current?.revision ?? 0) + (isTouched ? 1 : 0);
  const version = write.expectedVersion + write.events.length;
  const snapshot = write.snapshot && { version, body: write.snapshot };
  const row: MemoryRow = {
    ...(plan.hasRevision && { revision }),
    ...(plan.snapshot && { snapshot: snapshot ?? current?.snapshot }),
    id: write.id,
    createdAt: current?.createdAt ?? recordedAt,
    deletedAt: deletedAtAfter(write, current, recordedAt),
    version,
    columns: write.events.length === 0 && current ? current.columns : write.columns,
    events: [...(current?.events ?? []), ...write.events.map(({ body }) => body)],
  };
  const parent = plan.columns.findIndex(({ property }) => property === plan.parent?.property);
  const events = write.events.map(({ body }, at) => ({
    topic: plan.name,
    id: write.id,
    sequence: write.expectedVersion + at + 1,
    position: 0,
    recordedAt,
    context: write.context,
    headers: null,
    ...(plan.scope.length > 0 && { scope: write.columns.slice(0, plan.scope.length) }),
    ...(parent >= 0 && { parentId: String(write.columns[parent]) }),
    body,
    bytes: null,
  }));
  const raises = write.revision !== undefined;
  return { plan, row, events, raises, request: requestOf(plan, write) };
};
