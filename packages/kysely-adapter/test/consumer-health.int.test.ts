import type { ConsumerHealth } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { consumers, createConsumer, createRepository } from "../src/index.ts";
import { Parcel } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

const { connectionString } = await testDatabase({
  name: "parcels",
  migrate: (to) => migrate(to, [Parcel]),
});
const db = openDatabase(connectionString);
const parcels = createRepository(Parcel, { db });
const connect = async () => {
  const client = new pg.Client({ connectionString, application_name: "somebody" });
  await client.connect();
  return client;
};
const one = await connect();
const other = await connect();
afterAll(async () => {
  await Promise.all([one.end(), other.end()]);
  await db.destroy();
});

const follow = (name: string, slots = 1) =>
  createConsumer(db, { name, topics: [Parcel], slots, on: { ParcelSent: () => {} } });

const healthOf = async (name: string): Promise<ConsumerHealth> => {
  const [health] = await consumers(db).health(name);
  return health as ConsumerHealth;
};

const sendAll = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) {
    await parcels.create(undefined, { id: crypto.randomUUID() });
  }
};

it("names the transaction that holds the newest events back, and what that one waits for", async () => {
  await follow("held-up").catchUp();
  const id = crypto.randomUUID();
  await other.query("begin");
  await other.query("select pg_advisory_xact_lock(42)");
  await one.query("begin");
  await one.query("select parcel_append($1, 0, $2)", [id, '[{"type": "ParcelSent"}]']);
  const pidOf = async (client: pg.Client): Promise<number> =>
    (await client.query("select pg_backend_pid() as pid")).rows[0].pid;
  const [pid, blocker] = [await pidOf(one), await pidOf(other)];
  const waiting = one.query("select pg_advisory_xact_lock(42)");
  const writers = async () => (await healthOf("held-up")).openWriters;
  await expect.poll(async () => (await writers())[0]?.waitsFor).toEqual([blocker]);
  const [writer] = await writers();
  expect(writer).toMatchObject({ pid, prepared: null, state: "active" });
  expect(writer?.applicationName).toBe("somebody");
  expect(writer?.openForMs).toBeGreaterThanOrEqual(0);
  await other.query("commit");
  await waiting;
  await one.query("rollback");
  expect(await writers()).toEqual([]);
});

it("is stuck on a transaction that stays open, on handlers that get nowhere, or on nobody running it", async () => {
  await follow("stuck").catchUp();
  await sendAll(1);
  expect(await healthOf("stuck")).toMatchObject({ condition: "behind", eventsBehind: 1 });
  const age = (seconds: number) =>
    one.query(
      `update annals.checkpoints set moved_at = now() - $1 * interval '1 second' where consumer = 'stuck'`,
      [seconds],
    );
  await age(10);
  expect(await healthOf("stuck")).toMatchObject({ condition: "stuck", because: "no-process" });
  await one.query(
    `update annals.slots set owner = gen_random_uuid(), leased_until = now() + interval '1 hour'
     where consumer = 'stuck'`,
  );
  expect(await healthOf("stuck")).toMatchObject({ condition: "behind", because: null });
  await age(100);
  const lag = async () =>
    (
      await one.query(
        "select condition, because from annals.consumer_lag('stuck', 10000, interval '0 seconds')",
      )
    ).rows;
  expect(await lag()).toEqual([{ condition: "stuck", because: "no-progress" }]);
  await other.query("begin");
  await other.query("lock table parcel_events in row exclusive mode");
  expect(await lag()).toEqual([{ condition: "stuck", because: "open-transaction" }]);
  await other.query("rollback");
});

it("estimates what it did not look at, and says so", async () => {
  await follow("far-behind", 4).catchUp();
  await sendAll(1_200);
  const exact = await healthOf("far-behind");
  expect(exact).toMatchObject({ eventsBehind: 1_200, isEstimate: false });
  const { rows } = await one.query(
    `select sum(events_behind)::int as behind, bool_and(is_estimate) as estimated
     from annals.consumer_lag('far-behind', 800)`,
  );
  expect(rows[0].estimated).toBe(true);
  expect(rows[0].behind).toBeGreaterThan(900);
  expect(rows[0].behind).toBeLessThan(1_500);
});

it("is a view for whoever has psql", async () => {
  await follow("seen").catchUp();
  const { rows } = await one.query("select * from annals.lag where consumer = 'seen'");
  expect(rows).toMatchObject([{ slot: 0, condition: "idle", events_behind: "0" }]);
});

it("tells of a consumer that has not been opened since it knows what it reads", async () => {
  await one.query("insert into annals.consumers (name, topics) values ('old', '{parcel}')");
  await one.query("insert into annals.checkpoints (consumer, slot, position) values ('old', 0, 0)");
  expect(await healthOf("old")).toMatchObject({ condition: "idle", eventsBehind: 0 });
});

it("is waited for within its own process without polling for long", async () => {
  const consumer = follow("waited-for", 4);
  const stop = new AbortController();
  const running = consumer.run({ signal: stop.signal });
  const times: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    const parcel = await parcels.create(undefined, { id: crypto.randomUUID() });
    const before = performance.now();
    await consumer.waitFor(parcel, { timeoutMs: 20_000 });
    times.push(performance.now() - before);
  }
  // Polls alone would take 50 ms each on the average; the machine may be busy.
  expect(times.toSorted((a, b) => a - b)[15]).toBeLessThan(100);
  stop.abort();
  await running;
});
