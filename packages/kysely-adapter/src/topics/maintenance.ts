import type { DroppedPartition, HeldPartition, MaintainOptions, Maintenance } from "@annals/core";
import { InvalidArgumentError } from "@annals/core";
import type { PublishedPlan } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { topicIdentity } from "../connection/schema-name.ts";
import { type Statement, unprepared } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import {
  claimTopic,
  type LoadRow,
  lastInPartition,
  listPartitions,
  notePartitionsClosed,
  openPartition,
  type PartitionRow,
  partitionLoad,
  registerPartition,
  releaseTopic,
  sealPartition,
} from "../statements/topic-partitions.ts";
import {
  decideDrop,
  detachPartition,
  dropPartition,
  type FollowerRow,
  finishDrop,
  forgetDeduplicationKeys,
  forgetDeletions,
  lastDeletion,
  topicFollowers,
  type UnfinishedDropRow,
  unfinishedDrops,
} from "../statements/topic-retention.ts";
import { addPartition, type TopicNames } from "../tables/topic-partition.ts";
import { type Partition, superfluous, toPartition } from "./retention.ts";
import { writersGone } from "./writers-gone.ts";

/** How long a run waits for open transactions before it leaves what depends on them to the next one. */
const WRITERS_WAIT_MS = 1_000;

/**
 * One run of a topic's maintenance. Every step is complete in itself and finds out from the database what
 * is left to do, so that a run may end anywhere and another one goes on.
 */
export class TopicMaintenance<DB> {
  readonly #database: Database<DB>;
  readonly #plan: PublishedPlan;
  readonly #topic: string;
  readonly #names: TopicNames;

  constructor(database: Database<DB>, plan: PublishedPlan) {
    this.#database = database;
    this.#plan = plan;
    this.#topic = topicIdentity(database.schema, plan);
    this.#names = { schema: database.schema, events: plan.eventsTable };
  }

  async run({ pastConsumers = false }: MaintainOptions): Promise<Maintenance> {
    const { name: topic } = this.#plan;
    if (this.#database.db.isTransaction) {
      throw new InvalidArgumentError(
        topic,
        "maintain() was called on a transaction",
        "Open the topic over the instance itself: maintenance takes several transactions.",
      );
    }
    const claimed = await this.#rows(claimTopic, [this.#topic]);
    const nothing = { topic, ran: false, closed: false, dropped: [], held: undefined };
    if (claimed.length === 0) return nothing;
    try {
      const dropped = await this.#finishDrops();
      const closed = await this.#close();
      await this.#settle();
      await this.#forgetKeys();
      const { held, ...more } = await this.#retain(pastConsumers);
      return { topic, ran: true, closed, dropped: [...dropped, ...more.dropped], held };
    } finally {
      await this.#rows(releaseTopic, [this.#topic]);
    }
  }

  /** Closes the partition that takes new events when it is due, after the next one is ready. */
  async #close(): Promise<boolean> {
    const partitions = await this.#partitions();
    const current = partitions.find(({ isCurrent }) => isCurrent) as Partition;
    const next = current.number + 1;
    if (!partitions.some(({ number }) => number === next)) await this.#add(next);
    const isDue = await this.#isDue(current.number);
    if (isDue) await this.#rows(openPartition(this.#names), [next]);
    await this.#rows(notePartitionsClosed(this.#names), [this.#topic]);
    if (isDue) await this.#add(next + 1);
    return isDue;
  }

  async #isDue(partition: number): Promise<boolean> {
    const { spanMs, events } = this.#plan.partitions;
    const [load] = await this.#rows<LoadRow>(partitionLoad(this.#names, partition), [events]);
    return Number(load?.events) >= events || Number(load?.age_ms ?? 0) >= spanMs;
  }

  #add(partition: number): Promise<void> {
    return transaction(this.#database.db, async (tx) => {
      await this.#rows(registerPartition, [this.#topic, partition], tx);
      for (const sql of addPartition(this.#names, partition)) {
        await this.#rows(unprepared("add_partition", sql), [], tx);
      }
    });
  }

  /** Does what needs to know that no older transaction can add anything. */
  async #settle(): Promise<void> {
    const { schema } = this.#database;
    const open = (await this.#partitions()).filter(
      ({ isCurrent, closedForMs, isSealed }) =>
        !isCurrent && closedForMs !== undefined && !isSealed,
    );
    const { compaction } = this.#plan;
    const deletion =
      compaction &&
      (await this.#rows<{ position: number | string | null }>(
        lastDeletion(schema, compaction.latestTable),
      ));
    const upTo = deletion?.[0]?.position ?? undefined;
    if (open.length === 0 && upTo === undefined) return;
    if (!(await writersGone(this.#database, this.#plan, WRITERS_WAIT_MS))) return;
    for (const { number } of open) {
      await this.#rows(sealPartition(this.#names, number), [this.#topic, number]);
    }
    if (compaction !== undefined && upTo !== undefined) {
      await this.#rows(forgetDeletions(schema, compaction.latestTable), [upTo]);
    }
  }

  async #forgetKeys(): Promise<void> {
    while ((await this.#rows(forgetDeduplicationKeys, [this.#topic])).length > 0);
  }

  /** Drops what retention does not keep, the oldest first, up to what a consumer still needs. */
  async #retain(
    pastConsumers: boolean,
  ): Promise<{ dropped: readonly DroppedPartition[]; held: HeldPartition | undefined }> {
    const { retention } = this.#plan;
    if (retention === undefined) return { dropped: [], held: undefined };
    const dropped: DroppedPartition[] = [];
    for (const partition of superfluous(await this.#counted(), retention)) {
      const held = await this.#decide(partition, pastConsumers);
      if (held !== undefined) return { dropped, held };
      dropped.push(...(await this.#finishDrops()));
    }
    return { dropped, held: undefined };
  }

  async #decide(
    { number, isSealed }: Partition,
    pastConsumers: boolean,
  ): Promise<HeldPartition | undefined> {
    if (!isSealed) return { partition: number, consumers: [], isOpen: true };
    const followers = await this.#rows<FollowerRow>(topicFollowers, [this.#topic, this.#plan.name]);
    const [last] = await this.#rows<{ position: number | string | null }>(
      lastInPartition(this.#names, number),
    );
    const behind = followers.filter(({ position }) => Number(position) < Number(last?.position));
    const consumers = behind.map(({ consumer }) => consumer);
    if (consumers.length > 0 && !pastConsumers) {
      return { partition: number, consumers, isOpen: false };
    }
    const passed = Object.fromEntries(
      behind.map(({ consumer, position }) => [consumer, Number(position)]),
    );
    await this.#rows(decideDrop, [this.#topic, number, JSON.stringify(passed)]);
    return undefined;
  }

  /** Goes through with what was decided, now or by a run that did not come to its end. */
  async #finishDrops(): Promise<readonly DroppedPartition[]> {
    const drops = await this.#rows<UnfinishedDropRow>(unfinishedDrops(this.#names), [this.#topic]);
    const done: DroppedPartition[] = [];
    for (const drop of drops) {
      const { partition, exists, attached, detaching } = drop;
      if (attached) {
        const how = detaching ? "finalize" : "concurrently";
        await this.#rows(detachPartition(this.#names, partition, how));
      }
      if (exists) await this.#rows(dropPartition(this.#names, partition));
      await this.#rows(finishDrop, [this.#topic, partition]);
      done.push({
        partition,
        firstPosition: Number(drop.first_position),
        lastPosition: Number(drop.last_position),
        events: Number(drop.events),
        passedConsumers: Object.keys(drop.passed_consumers),
      });
    }
    return done;
  }

  async #partitions(): Promise<readonly Partition[]> {
    const rows = await this.#rows<PartitionRow>(listPartitions(this.#names), [this.#topic]);
    return rows.map(toPartition);
  }

  /** The partitions, with the number of events also of those that are not sealed, where it matters. */
  async #counted(): Promise<readonly Partition[]> {
    const partitions = await this.#partitions();
    if (this.#plan.retention?.events === undefined) return partitions;
    return Promise.all(
      partitions.map(async (partition) => {
        if (partition.isSealed) return partition;
        const count = partitionLoad(this.#names, partition.number);
        const [load] = await this.#rows<LoadRow>(count, [Number.MAX_SAFE_INTEGER]);
        return { ...partition, events: Number(load?.events) };
      }),
    );
  }

  async #rows<Row>(
    statement: Statement,
    parameters: readonly unknown[] = [],
    tx?: Transaction<DB>,
  ): Promise<readonly Row[]> {
    const operation = [this.#plan.name, "maintain"] as const;
    const { rows } = await this.#database.run<Row>(statement, parameters, tx, operation);
    return rows;
  }
}
