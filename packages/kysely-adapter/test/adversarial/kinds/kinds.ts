import type { ConsumerSettings, Delivery, Topics } from "@annals/core";
import type { Kysely } from "kysely";
import { createConsumer } from "../../../src/index.ts";
import { Account, Order } from "../entities.ts";
import type { TopicName } from "./arrivals.ts";
import { type KindTables, Notice } from "./ground.ts";

/** A consumer as this harness sees it. */
interface Running {
  catchUp(): Promise<unknown>;
  run(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** One way to consume, and what it promises. */
export interface Kind {
  readonly name: string;
  readonly topics: readonly TopicName[];
  /** Whether what handlers write commits with the checkpoint. */
  readonly isExact: boolean;
  /** Whether one slot has it all, so that positions rise over all keys. */
  readonly isWhole: boolean;
  /** Opens it as one more process; with how many slots, a later one may differ. */
  open(process: number): Running;
}

interface Given {
  readonly topic: TopicName;
  readonly meta: { readonly key: string; readonly position: number };
}

interface Shape {
  readonly name: string;
  readonly delivery: Delivery;
  readonly handles: "each" | "batches";
  /** By process, the last one for all that follow. */
  readonly slots?: readonly number[];
}

/** Every kind of consumer, over all topics at once or over some. */
export const kindsOf = (db: Kysely<KindTables>): readonly Kind[] => {
  const exact = { delivery: "exactly-once" } as const;
  const outside = { delivery: "at-least-once" } as const;
  const [each, batches] = [{ handles: "each" }, { handles: "batches" }] as const;
  const growing = { slots: [2, 3, 5, 8, 13] } as const;
  return [
    overAll(db, { name: "all-each", ...exact, ...each }),
    overAll(db, { name: "all-batches", ...exact, ...batches }),
    overAll(db, { name: "all-each-outside", ...outside, ...each }),
    overAll(db, { name: "all-batches-outside", ...outside, ...batches }),
    overAll(db, { name: "slots-each", ...exact, ...each, slots: [4] }),
    overAll(db, { name: "slots-batches-outside", ...outside, ...batches, slots: [4] }),
    overAll(db, { name: "growing-each-outside", ...outside, ...each, ...growing }),
    overAll(db, { name: "growing-batches", ...exact, ...batches, ...growing }),
    overNotices(db, { name: "notices-each", ...exact, ...each }),
    overNotices(db, { name: "notices-batches-growing", ...exact, ...batches, ...growing }),
    overAccounts(db, { name: "accounts-batches", ...exact, ...batches }),
  ];
};

const overAll = (db: Kysely<KindTables>, shape: Shape): Kind =>
  kind(db, shape, [Account, Order, Notice], ["account", "order", "notice"]);

const overNotices = (db: Kysely<KindTables>, shape: Shape): Kind =>
  kind(db, shape, [Notice], ["notice"]);

const overAccounts = (db: Kysely<KindTables>, shape: Shape): Kind =>
  kind(db, shape, [Account], ["account"]);

const kind = (
  db: Kysely<KindTables>,
  { name, delivery, handles, slots = [1] }: Shape,
  followed: Topics,
  topics: readonly TopicName[],
): Kind => ({
  name,
  topics,
  isExact: delivery === "exactly-once",
  isWhole: slots.length === 1 && slots[0] === 1,
  open: (process) => {
    const settings: ConsumerSettings<Topics, Delivery> = {
      name,
      topics: followed,
      delivery,
      slots: slots[Math.min(process, slots.length - 1)] ?? 1,
      pollIntervalMs: 20,
      batchSize: 7,
    };
    const note = async (
      events: readonly Given[],
      tx: Kysely<KindTables> | undefined,
    ): Promise<void> => {
      const rows = events.map(({ topic, meta: { key, position } }) => {
        return { consumer: name, topic, key, position };
      });
      await (tx ?? db).insertInto("arrivals").values(rows).execute();
    };
    return handles === "each"
      ? createConsumer(db, {
          ...settings,
          onEvent: (_, meta) => note([{ topic: meta.topic as TopicName, meta }], meta.tx),
        })
      : createConsumer(db, {
          ...settings,
          batch: { size: 7, handle: (events, { tx }) => note(events as readonly Given[], tx) },
        });
  },
});
