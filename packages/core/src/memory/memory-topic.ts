import type { PublishedPlan } from "../define/published-plan.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { Join } from "../port/store.ts";
import type {
  MaintainOptions,
  Maintenance,
  PublishResult,
  PublishWrite,
  TopicStore,
} from "../port/topic-store.ts";
import { transactionOf } from "./memory-join.ts";
import type { MemoryLog } from "./memory-log.ts";
import { MemoryPartitions } from "./memory-partitions.ts";
import type { MemoryPublication, MemoryTransaction } from "./memory-transaction.ts";

/** The consumers of a topic, with their checkpoints. */
export type Checkpoints = (
  topic: string,
) => readonly { readonly consumer: string; readonly position: number }[];

/** One topic of its own as the in-memory store keeps it. */
export class MemoryTopic implements TopicStore<MemoryTransaction> {
  readonly #plan: PublishedPlan;
  readonly #log: MemoryLog;
  readonly #checkpoints: Checkpoints;
  readonly #partitions: MemoryPartitions;
  /** Deduplication keys, and until when they are remembered. */
  readonly #published = new Map<string, number>();
  readonly #latest = new Map<string, TopicEvent>();

  constructor(plan: PublishedPlan, log: MemoryLog, checkpoints: Checkpoints) {
    this.#plan = plan;
    this.#log = log;
    this.#checkpoints = checkpoints;
    this.#partitions = new MemoryPartitions(plan);
  }

  async publish(write: PublishWrite, join: Join<MemoryTransaction>): Promise<PublishResult> {
    const tx = transactionOf(join, `${this.#plan.name}.publish`);
    const taken = new Set(this.#own(tx).flatMap(({ deduplicationKeys }) => deduplicationKeys));
    const isFresh = (key: string | null): boolean => {
      if (key === null) return true;
      if (taken.has(key) || this.#isRemembered(key)) return false;
      taken.add(key);
      return true;
    };
    const fresh = write.publications.filter(({ deduplicationKey }) => isFresh(deduplicationKey));
    const { context, recordedAt = tx?.now ?? new Date() } = write;
    const publication: MemoryPublication = {
      topic: this,
      after: tx?.changes.writes.length ?? 0,
      deduplicationKeys: fresh.flatMap(({ deduplicationKey }) => deduplicationKey ?? []),
      events: fresh.map(({ key, headers, body, bytes }) => ({
        ...{ topic: this.#plan.name, id: key, sequence: 0, position: 0 },
        ...{ recordedAt, context, headers, body, bytes },
      })),
    };
    const duplicates = write.publications.length - fresh.length;
    const result = { published: fresh.length, duplicates };
    if (tx === undefined) return { ...result, position: this.apply(publication) };
    tx.changes.publications.push(publication);
    // Positions are given at the commit.
    return { ...result, position: undefined };
  }

  /** Refuses what another transaction published meanwhile. */
  check({ deduplicationKeys }: MemoryPublication): void {
    const key = deduplicationKeys.find((one) => this.#isRemembered(one));
    if (key === undefined) return;
    const { name: entity } = this.#plan;
    throw new ConcurrentModificationError({ entity, id: key, expectedVersion: 0 });
  }

  /** Makes it visible, and returns the position of its last event. */
  apply({ deduplicationKeys, events }: MemoryPublication): number | undefined {
    const until = Date.now() + this.#plan.deduplicationMs;
    for (const key of deduplicationKeys) this.#published.set(key, until);
    let position: number | undefined;
    for (const event of events) {
      const stored = this.#log.append(event);
      position = stored.position;
      this.#partitions.add(stored);
      if (this.#plan.compaction !== undefined) this.#latest.set(stored.id, stored);
    }
    return position;
  }

  async latest(key: string, join: Join<MemoryTransaction>): Promise<TopicEvent | undefined> {
    const own = this.#own(transactionOf(join, `${this.#plan.name}.latest`)).flatMap(
      ({ events }) => events,
    );
    const latest = own.findLast(({ id }) => id === key) ?? this.#latest.get(key);
    if (latest === undefined) return undefined;
    const isDeleted = this.#plan.compaction?.deletedBy.includes(String(latest.body.type));
    return isDeleted ? undefined : latest;
  }

  async maintain({ pastConsumers = false }: MaintainOptions): Promise<Maintenance> {
    const { name: topic } = this.#plan;
    for (const [key, until] of this.#published) {
      if (until <= Date.now()) this.#published.delete(key);
    }
    const closed = this.#partitions.closeIfDue();
    const { dropped, held, events } = this.#partitions.drop(
      pastConsumers,
      this.#checkpoints(topic),
    );
    for (const event of events) this.#log.remove(event);
    return { topic, ran: true, closed, dropped, held };
  }

  #own(tx: MemoryTransaction | undefined): readonly MemoryPublication[] {
    return tx?.changes.publications.filter(({ topic }) => topic === this) ?? [];
  }

  #isRemembered(key: string): boolean {
    return (this.#published.get(key) ?? 0) > Date.now();
  }
}
