import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "@annals/faults";
import { testDatabase } from "@annals/testing/vitest";
import { sql, type Transaction } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createConsumer, createTopic, transaction } from "../src/index.ts";
import { noted, Stream } from "./database/feed.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Partitions are added, closed and dropped all the time, while publishers commit out of order, roll back
// and linger, and two processes of one consumer follow. Each event is counted within its key.

const PUBLISHERS = 6;
const KEYS = 3;
const RUN_MS = 6_000;

const database = await testDatabase({
  name: "stream",
  migrate: async (connectionString) => {
    await migrate(connectionString, [Stream]);
    const setup = openDatabase(connectionString);
    await sql`create table deliveries (
      at bigint generated always as identity, key text, n int, position bigint unique)`.execute(
      setup,
    );
    await setup.destroy();
  },
});
const db = openDatabase(database.connectionString);
const stream = createTopic(Stream, { db });
afterAll(() => db.destroy());

/** How many events of each key were committed. */
const committed = new Map<string, number>();
const failures: unknown[] = [];
let drops = 0;

const publishLoop = async (publisher: number, until: number): Promise<void> => {
  const random = new Random(publisher + 1);
  const pick = (below: number): number => random.between(0, below - 1);
  while (Date.now() < until) {
    const key = `p${publisher}-${pick(KEYS)}`;
    const from = committed.get(key) ?? 0;
    const count = 1 + pick(4);
    const events = Array.from({ length: count }, (_, at) => ({ event: noted(key, from + at + 1) }));
    const fate = pick(20);
    const work = async (tx: Transaction<unknown>): Promise<void> => {
      if (fate === 1) {
        await sql`savepoint before`.execute(tx);
        await stream.publishAll(events, { tx });
        await sql`rollback to savepoint before`.execute(tx);
      }
      for (const one of events) await stream.publishAll([one], { tx });
      await sleep(fate === 2 ? 400 : pick(15));
      if (fate > 16) throw new Rollback();
    };
    try {
      if (fate < 8) await stream.publishAll(events);
      else await transaction(db, work);
      committed.set(key, from + count);
    } catch (error) {
      if (!(error instanceof Rollback)) failures.push(error);
    }
  }
};

class Rollback extends Error {}

const maintainLoop = async (until: number): Promise<void> => {
  while (Date.now() < until) {
    const { dropped } = await stream.maintain();
    drops += dropped.length;
    for (const { passedConsumers } of dropped) expect(passedConsumers).toEqual([]);
    await sleep(10);
  }
};

const follower = () =>
  createConsumer(db, {
    name: "follower",
    topics: [Stream],
    on: {
      Noted: async ({ key, n }, { tx, position }) => {
        await sql`insert into deliveries (key, n, position) values (${key}, ${n}, ${position})`.execute(
          tx,
        );
      },
    },
    pollIntervalMs: 5,
  });

beforeAll(async () => {
  // Nothing may be dropped before the consumer is known to need it.
  await follower().catchUp();
  const stop = new AbortController();
  const following = [
    follower().run({ signal: stop.signal }),
    follower().run({ signal: stop.signal }),
  ];
  const until = Date.now() + RUN_MS;
  const publishers = Array.from({ length: PUBLISHERS }, (_, at) => publishLoop(at, until));
  await Promise.all([...publishers, maintainLoop(until), maintainLoop(until)]);
  stop.abort();
  await Promise.all(following);
  await follower().catchUp();
}, 120_000);

describe("a topic whose partitions come and go", () => {
  it("was under the load that it is meant to survive", () => {
    const total = [...committed.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(500);
    expect(drops).toBeGreaterThan(3);
  });

  it("never refused a publisher", () => {
    expect(failures).toEqual([]);
  });

  it("lost no event, doubled none, and kept the order of each key", async () => {
    const { rows } = await sql<{ key: string; numbers: number[] }>`
      select key, json_agg(n order by at) as numbers from deliveries group by key`.execute(db);
    const delivered = Object.fromEntries(rows.map(({ key, numbers }) => [key, numbers]));
    const expected = Object.fromEntries(
      [...committed].map(([key, count]) => [key, Array.from({ length: count }, (_, at) => at + 1)]),
    );
    expect(delivered).toEqual(expected);
  });

  it("is as short as its retention says", async () => {
    await stream.maintain();
    await stream.maintain();
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from stream_events`.execute(db);
    // What is kept, the partition that goes beyond it, and the one that takes events.
    expect(rows[0]?.n).toBeGreaterThanOrEqual(80);
    const left = await sql`
      select from pg_inherits where inhparent = 'stream_events'::regclass`.execute(db);
    expect(left.rows.length).toBeLessThan(8);
  });

  it("has nothing left that was to be dropped", async () => {
    const { rows } = await sql`
      select from annals.topic_retention_log where dropped_at is null`.execute(db);
    expect(rows).toEqual([]);
  });
});
