import type { WriteEnd } from "../decide/history.ts";
import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { StoredEntity, TopicEvent } from "../port/rows.ts";

/** One entity as the in-memory store keeps it. Replaced as a whole by every write. */
export interface MemoryRow extends StoredEntity {
  readonly createdAt: Date;
  readonly deletedAt: Date | null;
  readonly columns: readonly JsonValue[];
}

export interface MemoryWrite {
  readonly plan: EntityPlan;
  readonly row: MemoryRow;
  readonly events: readonly TopicEvent[];
}

/**
 * A transaction of the in-memory store. Its writes are seen by nobody else until it commits, and are
 * checked again then.
 */
export class MemoryTransaction {
  readonly writes: MemoryWrite[] = [];
  readonly endListeners: ((end: WriteEnd) => void)[] = [];
  /** Whether a value was refused, after which a database would keep nothing of it either. */
  isRefused = false;
}
