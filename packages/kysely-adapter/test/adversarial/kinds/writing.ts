import { randomUUID } from "node:crypto";
import { type ControlledTransaction, type Kysely, sql, type Transaction } from "kysely";
import { createRepository, createTopic } from "../../../src/index.ts";
import { Account, Order } from "../entities.ts";
import type { TopicName } from "./arrivals.ts";
import { type KindTables, Notice } from "./ground.ts";

type Tx = Transaction<KindTables>;

export const TOPICS: readonly TopicName[] = ["account", "order", "notice"];

interface Ids {
  readonly account: string;
  readonly order: string;
}

/** Writes to a few entities and keys of every topic, each known by a small number. */
export class KindWriting {
  readonly db: Kysely<KindTables>;
  readonly notices;
  readonly #accounts;
  readonly #orders;
  readonly #ids: Ids[] = [];
  readonly #posted = new Map<string, number>();
  readonly #open = new Set<ControlledTransaction<KindTables>>();

  constructor(db: Kysely<KindTables>) {
    this.db = db;
    this.notices = createTopic(Notice, { db });
    this.#accounts = createRepository(Account, { db });
    this.#orders = createRepository(Order, { db });
  }

  async prepare(keys: number): Promise<void> {
    for (let key = 0; key < keys; key += 1) {
      const { id: account } = await this.#accounts.create({ handle: randomUUID() });
      const { id: order } = await this.#orders.create();
      this.#ids.push({ account, order });
    }
  }

  /** Writes two events in one statement. Those of one writer to one key of a topic are numbered. */
  async write(topic: TopicName, key: number, tx?: Tx, writer = "hand"): Promise<void> {
    const options = tx === undefined ? {} : { tx };
    const { account: accountId, order: orderId } = this.#ids[key] as Ids;
    if (topic === "account") {
      const account = await this.#accounts.findById(accountId, options);
      account.deposit(1);
      account.deposit(2);
      await this.#accounts.update(account, options);
    } else if (topic === "order") {
      const order = await this.#orders.findById(orderId, options);
      order.addLine("tea");
      order.addLine("milk");
      await this.#orders.update(order, options);
    } else {
      const name = `${key}/${writer}`;
      const n = (this.#posted.get(name) ?? 0) + 2;
      this.#posted.set(name, n);
      const event = (number: number) =>
        ({ type: "Posted", key: String(key), writer, n: number }) as const;
      await this.notices.publishAll([{ event: event(n - 1) }, { event: event(n) }], options);
    }
  }

  async writeAll(key: number, tx?: Tx): Promise<void> {
    for (const topic of TOPICS) await this.write(topic, key, tx);
  }

  /** A transaction whose every step a test decides. */
  async open(): Promise<ControlledTransaction<KindTables>> {
    const tx = await this.db.startTransaction().execute();
    this.#open.add(tx);
    return tx;
  }

  /** Ends what a failed test left open. */
  async close(): Promise<void> {
    for (const tx of this.#open)
      if (!tx.isCommitted)
        await tx
          .rollback()
          .execute()
          .catch(() => {});
  }
}

/** Takes a transaction id before anything is written to a topic. */
export const writeElsewhere = async (tx: Tx): Promise<void> => {
  await sql`insert into elsewhere values ('early')`.execute(tx);
};
