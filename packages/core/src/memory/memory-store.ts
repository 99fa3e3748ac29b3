import type { WriteEnd } from "../decide/history.ts";
import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { TopicPlan } from "../define/topic-plan.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { EntityWrite, TopicEvent, WriteResult } from "../port/rows.ts";
import type { ConsumerStore, EntityStore, Join, Store, Visibility } from "../port/store.ts";
import { deletedAtAfter, latestDeletedFirst, seenRows } from "./deleted-rows.ts";
import { historyOf, pastOf } from "./history-rows.ts";
import { listRows, matchingRows } from "./list-rows.ts";
import { type MemoryConsumer, memoryConsumer } from "./memory-consumer.ts";
import { type MemoryRow, MemoryTransaction, type MemoryWrite } from "./memory-transaction.ts";

/**
 * A store that keeps everything in this process, for tests without a database and as the shortest
 * complete implementation of the port: unique values, versions, transactions, topics, consumers.
 */
export class MemoryStore implements Store<MemoryTransaction> {
  readonly #plans = new Map<string, EntityPlan>();
  readonly #rows = new Map<EntityPlan, Map<string, MemoryRow>>();
  readonly #log: TopicEvent[] = [];
  readonly #consumers = new Map<string, MemoryConsumer>();

  /**
   * Runs `work` in a transaction that commits when it returns and is dropped when it throws.
   *
   * @throws ConcurrentModificationError when another transaction won in the meantime, and an error when
   * a value was refused in it.
   */
  async transaction<Result>(work: (tx: MemoryTransaction) => Promise<Result>): Promise<Result> {
    const tx = new MemoryTransaction();
    let end: WriteEnd = "rolledBack";
    try {
      const result = await work(tx);
      this.#commit(tx);
      end = "committed";
      return result;
    } finally {
      for (const listener of tx.endListeners.reverse()) listener(end);
    }
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
    if (!this.#rows.has(plan)) this.#rows.set(plan, new Map());
    return {
      write: async (write, join) => {
        const tx = transactionOf(join);
        const result = this.#write(plan, write, tx);
        if (result.kind === "exists" || result.kind === "duplicate") refuse(tx);
        return result;
      },
      load: async (ids, join, seen) => {
        const rows = this.#visible(plan, transactionOf(join));
        const found = ids.flatMap((id) => rows.get(id) ?? []);
        return seenRows(found, seen);
      },
      find: async (constraint, values, join, seen) => {
        const rows = this.#seen(plan, join, seen);
        const found = rows.filter(
          (row) => key(uniqueValues(plan, constraint, row)) === key(values),
        );
        return found.sort(latestDeletedFirst)[0];
      },
      loadPast: async (id, bound, join, seen) => {
        const row = this.#seenRow(plan, id, join, seen);
        return row && pastOf(row, this.#eventsOf(plan, id, transactionOf(join)), bound);
      },
      history: async (id, query, join, seen) =>
        this.#seenRow(plan, id, join, seen) &&
        historyOf(this.#eventsOf(plan, id, transactionOf(join)), query),
      count: async (where, limit, join, seen) => {
        const rows = this.#seen(plan, join, seen);
        return Math.min(matchingRows(plan, rows, where).length, limit ?? Number.POSITIVE_INFINITY);
      },
      list: async (query, join, seen) => listRows(plan, this.#seen(plan, join, seen), query),
    };
  }

  consumer(name: string, plans: readonly TopicPlan[]): ConsumerStore<MemoryTransaction> {
    return memoryConsumer(name, plans, {
      log: this.#log,
      consumers: this.#consumers,
      transaction: (work) => this.transaction(work),
    });
  }

  #write(plan: EntityPlan, write: EntityWrite, tx: MemoryTransaction | undefined): WriteResult {
    const current = this.#visible(plan, tx).get(write.id);
    if (write.expectedVersion === 0 && current !== undefined) return { kind: "exists" };
    if ((current?.version ?? 0) !== write.expectedVersion) return { kind: "conflict" };
    const recordedAt = write.recordedAt ?? new Date();
    const row: MemoryRow = {
      id: write.id,
      createdAt: current?.createdAt ?? recordedAt,
      deletedAt: deletedAtAfter(write, current, recordedAt),
      version: write.expectedVersion + write.events.length,
      columns: write.columns,
      events: [...(current?.events ?? []), ...write.events.map(({ body }) => body)],
    };
    const violated = this.#violated(plan, row, tx);
    if (violated !== undefined) return { kind: "duplicate", constraint: violated };
    const events = write.events.map(({ body }, at) => ({
      topic: plan.name,
      id: write.id,
      sequence: write.expectedVersion + at + 1,
      position: 0,
      recordedAt,
      context: write.context,
      headers: null,
      body,
      bytes: null,
    }));
    if (tx === undefined) {
      this.#apply({ plan, row, events });
      return { kind: "written", durability: { kind: "committed" } };
    }
    tx.writes.push({ plan, row, events });
    const onEnd = (listener: (end: WriteEnd) => void) => tx.endListeners.push(listener);
    return { kind: "written", durability: { kind: "open", onEnd } };
  }

  #commit(tx: MemoryTransaction): void {
    if (tx.isRefused) throw new Error("The transaction is rolled back: it wrote a refused value");
    for (const [at, { plan, row, events }] of tx.writes.entries()) {
      const isSame = (other: MemoryWrite) => other.plan === plan && other.row.id === row.id;
      const isFirst = tx.writes.findIndex(isSame) === at;
      const isLast = tx.writes.findLastIndex(isSame) === at;
      const expectedVersion = row.version - events.length;
      const version = this.#rows.get(plan)?.get(row.id)?.version ?? 0;
      // What others committed meanwhile counts against where it began and what it leaves.
      if (
        (isFirst && version !== expectedVersion) ||
        (isLast && this.#violated(plan, row, tx) !== undefined)
      ) {
        throw new ConcurrentModificationError({ entity: plan.name, id: row.id, expectedVersion });
      }
    }
    for (const write of tx.writes) this.#apply(write);
  }

  #apply({ plan, row, events }: MemoryWrite): void {
    this.#rows.get(plan)?.set(row.id, row);
    for (const event of events) this.#log.push({ ...event, position: this.#log.length + 1 });
  }

  #visible(plan: EntityPlan, tx: MemoryTransaction | undefined): Map<string, MemoryRow> {
    const committed = this.#rows.get(plan) ?? new Map<string, MemoryRow>();
    const own = tx?.writes.filter((write) => write.plan === plan) ?? [];
    if (own.length === 0) return committed;
    return new Map([...committed, ...own.map(({ row }): [string, MemoryRow] => [row.id, row])]);
  }

  #eventsOf(plan: EntityPlan, id: string, tx: MemoryTransaction | undefined): TopicEvent[] {
    const own = tx?.writes.filter((write) => write.plan === plan).flatMap(({ events }) => events);
    return [...this.#log, ...(own ?? [])].filter(
      (event) => event.topic === plan.name && event.id === id,
    );
  }

  #seenRow(
    plan: EntityPlan,
    id: string,
    join: Join<MemoryTransaction>,
    seen: Visibility | undefined,
  ): MemoryRow | undefined {
    const row = this.#visible(plan, transactionOf(join)).get(id);
    return row && seenRows([row], seen)[0];
  }

  #seen(
    plan: EntityPlan,
    join: Join<MemoryTransaction>,
    seen: Visibility | undefined,
  ): readonly MemoryRow[] {
    return seenRows([...this.#visible(plan, transactionOf(join)).values()], seen);
  }

  #violated(
    plan: EntityPlan,
    row: MemoryRow,
    tx: MemoryTransaction | undefined,
  ): string | undefined {
    // What is deleted takes no unique value.
    if (row.deletedAt !== null) return undefined;
    const others = seenRows([...this.#visible(plan, tx).values()]).filter(
      ({ id }) => id !== row.id,
    );
    return plan.uniques.find(({ constraint }) => {
      const values = uniqueValues(plan, constraint, row);
      if (values.includes(null)) return false;
      return others.some((other) => key(uniqueValues(plan, constraint, other)) === key(values));
    })?.constraint;
  }
}

const transactionOf = (join: Join<MemoryTransaction>): MemoryTransaction | undefined =>
  join === "none" ? undefined : join;

const refuse = (tx: MemoryTransaction | undefined): void => {
  if (tx !== undefined) tx.isRefused = true;
};

const uniqueValues = (plan: EntityPlan, constraint: string, row: MemoryRow): JsonValue[] => {
  const unique = plan.uniques.find((candidate) => candidate.constraint === constraint);
  return (unique?.properties ?? []).map(
    (name) => row.columns[plan.columns.findIndex(({ property }) => property === name)] ?? null,
  );
};

const key = (values: readonly JsonValue[]): string => JSON.stringify(values);
