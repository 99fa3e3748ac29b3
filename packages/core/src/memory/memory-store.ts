import type { EntityPlan } from "../define/entity-plan.ts";
import type { PublishedPlan } from "../define/published-plan.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { Clock } from "../port/clock.ts";
import type { ConsumerAdmin } from "../port/consumer-admin.ts";
import type { ConsumerPlan, ConsumerStore } from "../port/consumer-store.ts";
import type {
  BatchResult,
  Durability,
  EarlierRequest,
  EntityWrite,
  Idempotency,
  TouchResult,
  TreeRevision,
} from "../port/rows.ts";
import type { StateStore } from "../port/state-store.ts";
import type { EntityStore, Store } from "../port/store.ts";
import type { TopicStore } from "../port/topic-store.ts";
import type { ReportHookError } from "../transaction/hook-list.ts";
import { scopeOf, TransactionScope } from "../transaction/transaction-scope.ts";
import { memoryAdmin } from "./memory-admin.ts";
import { memoryConsumer } from "./memory-consumer.ts";
import { MemoryConsumers } from "./memory-consumers.ts";
import { checkHolds, held } from "./memory-holds.ts";
import { changesOf, transactionOf } from "./memory-join.ts";
import { MemoryLog } from "./memory-log.ts";
import { memoryReads } from "./memory-reads.ts";
import { earlierRequest, MemoryRequests } from "./memory-requests.ts";
import { MemoryRows } from "./memory-rows.ts";
import { MemoryState } from "./memory-state.ts";
import { MemorySubjects } from "./memory-subjects.ts";
import { applyPublications, checkPublications, MemoryTopics } from "./memory-topics.ts";
import {
  MemoryChanges,
  type MemoryRow,
  type MemoryTransaction,
  type MemoryWrite,
} from "./memory-transaction.ts";
import { isOutrunTree, touched, withChildren } from "./memory-trees.ts";
import { rowAfter } from "./row-after.ts";
import { violation } from "./unique-values.ts";

export interface MemoryTransactionOptions {
  /** The time of the transaction, which its events are then recorded with. Default is the process's. */
  readonly clock?: Clock | undefined;
  /** Takes what hooks throw after the end. Default is to throw it where nothing catches it. */
  readonly onHookError?: ReportHookError;
}

/**
 * A store that keeps everything in this process, for tests without a database and as the shortest
 * complete implementation of the port: unique values, versions, idempotency keys, transactions, topics,
 * consumers.
 */
export class MemoryStore implements Store<MemoryTransaction> {
  readonly #plans = new Map<string, EntityPlan>();
  readonly #rows = new MemoryRows();
  readonly #requests = new MemoryRequests();
  readonly #log = new MemoryLog();
  readonly #consumers = new MemoryConsumers();
  readonly #states = new Map<string, MemoryState>();
  readonly #topics = new MemoryTopics(this.#log, this.#consumers);
  readonly #subjects = new MemorySubjects({
    forgetRequests: (plan, id) => this.#requests.forget(plan, id),
    dropSnapshots: (plan, id, tx) => {
      const row = this.#rows.visible(plan, tx.changes).get(id);
      if (row === undefined) return;
      tx.changes.writes.push({ plan, row: { ...row, snapshot: undefined }, events: [] });
    },
  });

  /**
   * Runs `work` in a transaction that commits when it returns and is dropped when it throws.
   *
   * @throws ConcurrentModificationError when another transaction won in the meantime, and an error when
   * a value was refused in it.
   */
  async transaction<Result>(
    work: (tx: MemoryTransaction) => Promise<Result>,
    { clock, onHookError = throwLater }: MemoryTransactionOptions = {},
  ): Promise<Result> {
    const changes = new MemoryChanges();
    const { savepoints } = changes;
    const parts = { savepoints, clock, report: onHookError, isOurs: true };
    const scope = new TransactionScope<MemoryTransaction>({ changes }, parts);
    const result = await this.#run(scope, work).catch(async (error: unknown) => {
      await scope.end("rolledBack");
      throw error;
    });
    await scope.end("committed");
    return result;
  }

  async #run<Result>(
    scope: TransactionScope<MemoryTransaction>,
    work: (tx: MemoryTransaction) => Promise<Result>,
  ): Promise<Result> {
    const result = await work(scope.tx);
    await scope.commit();
    this.#commit(scope.tx.changes);
    return result;
  }

  opened(tx: MemoryTransaction): MemoryTransaction {
    return tx;
  }

  /** Nobody waits here, so nobody is in anybody's way. */
  isLostRace(): boolean {
    return false;
  }

  entity(plan: EntityPlan): EntityStore<MemoryTransaction> {
    const known = this.#plans.get(plan.indexTable) ?? plan;
    if (known !== plan) {
      throw new InvalidDefinitionError(
        plan.name,
        `another definition in this store uses the table "${plan.indexTable}"`,
        "Define each entity once and share the definition.",
      );
    }
    this.#plans.set(plan.indexTable, plan);
    return {
      ...memoryReads(plan, {
        rows: this.#rows,
        log: this.#log,
        isForgotten: (subject) => this.#subjects.isForgotten(subject),
      }),
      write: async (write, join) => {
        const { idempotency } = write;
        const earlier = idempotency && this.#recall(plan, idempotency, changesOf(join));
        return earlier ?? this.#write(plan, [write], transactionOf(join));
      },
      writeAll: async (writes, join) => this.#write(plan, writes, transactionOf(join)),
      recall: async (idempotency, join) => this.#recall(plan, idempotency, changesOf(join)),
      touch: async (trees, join) => this.#touch(plan, trees, transactionOf(join)),
      hold: async (read, join) => {
        const changes = changesOf(join) ?? new MemoryChanges();
        const visible = (of: EntityPlan) => this.#rows.visible(of, changes);
        const committed = (of: EntityPlan) => this.#rows.visible(of, undefined);
        return held(plan, read, changes, { visible, committed });
      },
    };
  }

  topic(plan: PublishedPlan): TopicStore<MemoryTransaction> {
    const entities = [...this.#plans.values()];
    return this.#topics.open(plan, (table) =>
      entities.some(({ eventsTable }) => eventsTable === table),
    );
  }

  state(name: string): StateStore<MemoryTransaction> {
    const state = this.#states.get(name) ?? new MemoryState(name);
    this.#states.set(name, state);
    return state;
  }

  subjects(): MemorySubjects {
    return this.#subjects;
  }

  consumers(): ConsumerAdmin {
    return memoryAdmin({ log: this.#log, consumers: this.#consumers });
  }

  consumer(plan: ConsumerPlan): ConsumerStore<MemoryTransaction> {
    return memoryConsumer(plan, {
      log: this.#log,
      consumers: this.#consumers,
      transaction: (work) => this.transaction(work),
    });
  }

  #write(
    plan: EntityPlan,
    writes: readonly EntityWrite[],
    tx: MemoryTransaction | undefined,
  ): Exclude<BatchResult, { kind: "cycle" }> {
    const visible = this.#rows.visible(plan, tx?.changes);
    const now = tx?.now ?? new Date();
    const made: MemoryWrite[] = [];
    for (const [at, write] of writes.entries()) {
      const one = rowAfter(plan, write, visible.get(write.id), now);
      if (one === "exists" && !write.mayExist) tx?.changes.refuse();
      if (one === "exists" || one === "conflict") return { kind: one, at };
      made.push(one);
    }
    // What the writes leave is what counts: values may move among them in any way.
    const rows = made.map(({ row }) => row);
    const after = new Map([...visible, ...rows.map((row): [string, MemoryRow] => [row.id, row])]);
    const violated = violation(plan, rows, after.values());
    if (violated !== undefined) {
      tx?.changes.refuse();
      return { kind: "duplicate", ...violated };
    }
    if (tx === undefined) {
      for (const write of made) this.#apply(write);
      return { kind: "written", durability: { kind: "committed" } };
    }
    tx.changes.writes.push(...made);
    return { kind: "written", durability: scopeOf(tx)?.durability ?? { kind: "unknown" } };
  }

  #touch(
    plan: EntityPlan,
    trees: readonly TreeRevision[],
    tx: MemoryTransaction | undefined,
  ): TouchResult {
    const writes = touched(plan, trees, this.#rows.visible(plan, tx?.changes));
    if ("kind" in writes) return writes;
    if (tx === undefined) for (const write of writes) this.#apply(write);
    else tx.changes.writes.push(...writes);
    const durability = tx === undefined ? COMMITTED : scopeOf(tx)?.durability;
    return { kind: "written", durability: durability ?? { kind: "unknown" } };
  }

  #recall(
    plan: EntityPlan,
    idempotency: Idempotency,
    changes: MemoryChanges | undefined,
  ): EarlierRequest | undefined {
    const request = this.#requests.find(plan, idempotency, changes);
    if (request === undefined) return undefined;
    const row = this.#rows.visible(plan, changes).get(request.entityId);
    if (row === undefined) return undefined;
    const rowsOf = (of: EntityPlan) => this.#rows.visible(of, changes);
    const whole = withChildren(plan, row, rowsOf, { history: true });
    return earlierRequest(request, idempotency, whole);
  }

  #commit(changes: MemoryChanges): void {
    changes.checkAccepted();
    checkHolds(changes, (plan) => this.#rows.visible(plan, undefined));
    // What others committed meanwhile counts against where it began and what it leaves.
    for (const plan of new Set(changes.writes.map((write) => write.plan))) {
      const own = changes.writes.filter((write) => write.plan === plan);
      const first = new Map(own.toReversed().map((write) => [write.row.id, write]));
      for (const write of first.values()) {
        const { version = 0, revision } =
          this.#rows.visible(plan, undefined).get(write.row.id) ?? {};
        if (version !== write.row.version - write.events.length) throw outrun(write);
        if (isOutrunTree(write, revision)) throw outrun(write);
      }
      for (const write of own) {
        const { request } = write;
        if (request !== undefined && this.#requests.find(plan, request, undefined))
          throw outrun(write);
      }
      const last = [...new Map(own.map((write) => [write.row.id, write])).values()];
      const rows = last.map(({ row }) => row);
      const violated = violation(plan, rows, this.#rows.visible(plan, changes).values());
      if (violated !== undefined) throw outrun(last[violated.at] as MemoryWrite);
    }
    checkPublications(changes);
    for (const change of changes.states) change.state.check(change);
    for (const [at, write] of changes.writes.entries()) {
      applyPublications(changes, at);
      this.#apply(write);
    }
    applyPublications(changes, changes.writes.length);
    for (const change of changes.states) change.state.apply(change);
  }

  #apply({ plan, row, events, request }: MemoryWrite): void {
    if (request !== undefined) this.#requests.add(request);
    this.#rows.commit(plan, row);
    for (const event of events) this.#log.append(event);
  }
}

const COMMITTED: Durability = { kind: "committed" };

const outrun = ({ plan, row, events }: MemoryWrite): ConcurrentModificationError =>
  new ConcurrentModificationError({
    entity: plan.name,
    id: row.id,
    expectedVersion: row.version - events.length,
  });

/** What comes too late to be thrown where it belongs must not be lost either. */
const throwLater = (error: Error): void => {
  queueMicrotask(() => {
    throw error;
  });
};
