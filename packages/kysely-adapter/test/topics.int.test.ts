import { LockTimeoutError, type PublishResult } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type ControlledTransaction, sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createConsumer, createTopic } from "../src/index.ts";
import { Feed, noted } from "./database/feed.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Publishers that meet each other in PostgreSQL.

const database = await testDatabase({
  name: "feed",
  migrate: (connectionString) => migrate(connectionString, [Feed]),
});
const db = openDatabase(database.connectionString);
const feed = createTopic(Feed, { db });
const hasty = createTopic(Feed, { db, lockTimeoutMs: 200 });
afterAll(() => db.destroy());

const begin = (): Promise<ControlledTransaction<unknown>> => db.startTransaction().execute();

/** Waits until this many statements wait for a lock. */
const waiting = async (count: number): Promise<void> => {
  for (;;) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    if (rows[0]?.n === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const count = async (key: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from feed_events where key = ${key}`.execute(db);
  return rows[0]?.n ?? 0;
};

describe("a deduplication key in an open transaction", () => {
  it("makes the second publisher wait, and do nothing after a commit", async () => {
    const tx = await begin();
    await feed.publish(noted("a"), { tx, deduplicationKey: "a" });
    const second = feed.publish(noted("a"), { deduplicationKey: "a" });
    await waiting(1);
    await tx.commit().execute();
    expect(await second).toMatchObject({ published: 0, duplicates: 1 });
    expect(await count("a")).toBe(1);
  });

  it("lets the second publisher go ahead after a rollback", async () => {
    const tx = await begin();
    await feed.publish(noted("b"), { tx, deduplicationKey: "b" });
    const second = feed.publish(noted("b"), { deduplicationKey: "b" });
    await waiting(1);
    await tx.rollback().execute();
    expect(await second).toMatchObject({ published: 1, duplicates: 0 });
    expect(await count("b")).toBe(1);
  });

  it("is waited for within bounds, and holds up no consumer meanwhile", async () => {
    const consumer = createConsumer(db, { name: "quick", topics: [Feed], on: {} });
    await consumer.catchUp();
    const tx = await begin();
    await sql`insert into annals.topic_deduplication_keys values ('feed', 'c', 'infinity')`.execute(
      tx,
    );
    const second = hasty.publish(noted("c"), { deduplicationKey: "c" });
    second.catch(() => {});
    await waiting(1);
    const { position } = await feed.publish(noted("d"));
    expect(await consumer.catchUp()).toBe(position);
    await expect(second).rejects.toBeInstanceOf(LockTimeoutError);
    await tx.rollback().execute();
    expect(await count("c")).toBe(0);
    // The bound is gone with the statement.
    const { rows } = await sql<{ lock_timeout: string }>`show lock_timeout`.execute(db);
    expect(rows).toEqual([{ lock_timeout: "0" }]);
  });

  it("in a transaction of the caller's leaves the caller's bound as it was", async () => {
    const tx = await begin();
    await sql`set local lock_timeout = '1234ms'`.execute(tx);
    await feed.publish(noted("e"), { tx });
    const { rows } = await sql<{ lock_timeout: string }>`show lock_timeout`.execute(tx);
    expect(rows).toEqual([{ lock_timeout: "1234ms" }]);
    await tx.commit().execute();
  });

  it("is taken in one order, so that publishers of many do not deadlock", async () => {
    const keys = Array.from({ length: 40 }, (_, at) => `many-${at}`);
    const call = (order: readonly string[]) =>
      feed.publishAll(order.map((key) => ({ event: noted("many"), key, deduplicationKey: key })));
    // Both meet the one in the middle, each with the half behind it that the other one is about to need.
    const tx = await begin();
    await feed.publish(noted("many"), { tx, deduplicationKey: "many-20" });
    const first = call(keys);
    await waiting(1);
    const second = call(keys.toReversed());
    await waiting(2);
    await tx.rollback().execute();
    expect((await first).published).toBe(40);
    expect((await second).duplicates).toBe(40);
  });
});

describe("the latest event of a key", () => {
  /** Publishes one event after the other, all of which wait for the row and then race for it. */
  const raced = async (key: string, events: readonly Parameters<typeof feed.publish>[0][]) => {
    const tx = await begin();
    await sql`select from feed_compacted where key = ${key} for update`.execute(tx);
    const published: Promise<PublishResult>[] = [];
    for (const [at, event] of events.entries()) {
      published.push(feed.publish(event, { key }));
      await waiting(at + 1);
    }
    await tx.commit().execute();
    return Promise.all(published);
  };

  it("is the one with the highest position, whoever comes last", async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = `race-${round}`;
      await feed.publish(noted(key));
      const results = await raced(
        key,
        [1, 2, 3].map((n) => noted(key, n)),
      );
      const highest = Math.max(...results.map(({ position }) => position ?? 0));
      expect((await feed.latest(key))?.position).toBe(highest);
    }
  });

  /**
   * Publishes under two keys in one call, which has drawn both positions and then waits for the first key's
   * row; meanwhile does something else about the second key.
   */
  const overtaken = async (keys: readonly [string, string], meanwhile: () => Promise<unknown>) => {
    await feed.publish(noted(keys[0]));
    const tx = await begin();
    await sql`select from feed_compacted where key = ${keys[0]} for update`.execute(tx);
    const older = feed.publishAll(keys.map((key) => ({ event: noted(key, 1) })));
    await waiting(1);
    await meanwhile();
    await tx.commit().execute();
    await older;
  };

  it("is never taken back by an older one that was held up", async () => {
    await overtaken(["held-a", "held-b"], () => feed.publish(noted("held-b", 2)));
    expect((await feed.latest("held-b"))?.event).toEqual(noted("held-b", 2));
    expect((await feed.latest("held-a"))?.event).toEqual(noted("held-a", 1));
  });

  it("does not come back when an older one arrives after the deletion", async () => {
    const [, key] = ["erased-a", "erased-b"] as const;
    await overtaken(["erased-a", key], async () => {
      await feed.publish({ type: "Erased", key });
      // While the older one may still come, the deletion is remembered.
      expect((await feed.maintain()).ran).toBe(true);
    });
    expect(await feed.latest(key)).toBeUndefined();

    const remembered = () =>
      sql`select from feed_compacted where key = ${key}`.execute(db).then(({ rows }) => rows);
    expect(await remembered()).toHaveLength(1);
    await feed.maintain();
    expect(await remembered()).toHaveLength(0);
  });

  it("is readable as a table", async () => {
    await feed.publish(noted("table", 7), { headers: { a: "b" } });
    const { rows } = await sql`
      select key, event_type, event, headers from feed_latest where key = 'table'`.execute(db);
    expect(rows).toEqual([
      { key: "table", event_type: "Noted", event: noted("table", 7), headers: { a: "b" } },
    ]);
  });

  it("is kept in the order of keys, so that publishers of many do not deadlock", async () => {
    const keys = Array.from({ length: 40 }, (_, at) => `latest-${at}`);
    const call = (order: readonly string[]) =>
      feed.publishAll(order.map((key) => ({ event: noted(key) })));
    await Promise.all(
      Array.from({ length: 8 }, (_, at) => call(at % 2 === 0 ? keys : keys.toReversed())),
    );
    expect(await count("latest-0")).toBe(8);
  });
});
