import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { StoredEntity, TopicEvent } from "../port/rows.ts";
import type { TransactionHooks } from "../transaction/transaction-hooks.ts";
import type { Savepoints } from "../transaction/transaction-scope.ts";
import type { MemoryRequest } from "./memory-requests.ts";
import type { MemoryStateChange } from "./memory-state.ts";
import type { MemoryTopic } from "./memory-topic.ts";

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
  /** Whether it raises the revision of a tree that exists. */
  readonly raises?: boolean;
  /** What it leaves under its idempotency key, if it has one. */
  readonly request?: MemoryRequest | undefined;
}

/** An entity that a transaction rests on, as it was committed when it was looked at. */
export interface MemoryHold {
  readonly plan: EntityPlan;
  readonly id: string;
  readonly version: number | undefined;
  readonly revision: number | undefined;
}

/** Events of one call that a topic of its own gets at the commit. */
export interface MemoryPublication {
  readonly topic: MemoryTopic;
  /** How many writes of the transaction came before it. */
  readonly after: number;
  readonly deduplicationKeys: readonly string[];
  readonly events: readonly TopicEvent[];
}

/** How much had been done at a savepoint. */
interface Savepoint {
  readonly writes: number;
  readonly holds: number;
  readonly publications: number;
  readonly states: number;
}

/** What a transaction of the in-memory store has done so far; its savepoints share it. */
export class MemoryChanges {
  readonly writes: MemoryWrite[] = [];
  readonly holds: MemoryHold[] = [];
  readonly publications: MemoryPublication[] = [];
  readonly states: MemoryStateChange[] = [];
  /** Whether a value was refused, after which a database would keep nothing of it either. */
  isRefused = false;
  readonly #savepoints = new Map<string, Savepoint>();

  /** Savepoints over these changes. */
  readonly savepoints: Savepoints = {
    handle: () => ({ changes: this }),
    set: async (name) => {
      this.checkAccepted();
      const { writes, holds, publications, states } = this;
      this.#savepoints.set(name, {
        writes: writes.length,
        holds: holds.length,
        publications: publications.length,
        states: states.length,
      });
    },
    release: async () => this.checkAccepted(),
    rollBackTo: async (name) => {
      const saved = this.#savepoints.get(name);
      const { writes = 0, holds = 0, publications = 0, states = 0 } = saved ?? {};
      this.writes.length = writes;
      this.holds.length = holds;
      this.publications.length = publications;
      this.states.length = states;
      this.isRefused = false;
    },
  };

  /** Keeps it from being committed, as a database does after an error. */
  refuse(): void {
    this.isRefused = true;
  }

  /** @throws Error when a value was refused. */
  checkAccepted(): void {
    if (this.isRefused) throw new Error("The transaction is rolled back: it wrote a refused value");
  }
}

/**
 * A transaction of the in-memory store. Its writes are seen by nobody else until it commits, and are
 * checked again then.
 */
export interface MemoryTransaction extends TransactionHooks<MemoryTransaction> {
  readonly changes: MemoryChanges;
}
