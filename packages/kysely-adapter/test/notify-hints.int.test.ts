import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, expect, it } from "vitest";
import {
  createConsumer,
  createRepository,
  type NotifyHints,
  notifyHints,
  transaction,
} from "../src/index.ts";
import { Parcel } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

const { connectionString } = await testDatabase({
  name: "parcels",
  migrate: (to) => migrate(to, [Parcel]),
});

// Two processes, as far as anything of ours can tell: they have nothing in common but the server.
const writing = openDatabase(connectionString);
const reading = openDatabase(connectionString);
const parcels = createRepository(Parcel, { db: writing });
const hintPool = new pg.Pool({ connectionString, max: 4, application_name: "hints" });
hintPool.on("error", () => {});
const watcher = new pg.Client(connectionString);
await watcher.connect();

/** Nobody who waits by it comes back before something wakes him. */
const standing: Clock = {
  now: () => new Date(),
  sleep: (_, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) resolve();
      else signal?.addEventListener("abort", () => resolve(), { once: true });
    }),
};

const opened: NotifyHints[] = [];
const hint = (db: Kysely<unknown>): void => {
  opened.push(notifyHints(db, { pool: hintPool }));
};
const stop: AbortController[] = [];
const running: Promise<void>[] = [];

afterEach(async () => {
  for (const one of stop.splice(0)) one.abort();
  await Promise.all(running.splice(0));
  await Promise.all(opened.splice(0).map((hints) => hints.close()));
});

afterAll(async () => {
  await watcher.end();
  await Promise.all([writing.destroy(), reading.destroy(), hintPool.end()]);
});

let consumers = 0;

/** Follows parcels in the other process. Without a clock that moves, it finds nothing by polling. */
const follow = (options: { clock?: Clock; pollIntervalMs?: number } = {}): string[] => {
  const handled: string[] = [];
  consumers += 1;
  const consumer = createConsumer(reading, {
    name: `parcels-${consumers}`,
    topics: [Parcel],
    on: { ParcelSent: (_, { entityId }) => void handled.push(entityId) },
    ...options,
  });
  const one = new AbortController();
  stop.push(one);
  running.push(consumer.run({ signal: one.signal }));
  return handled;
};

const send = async (): Promise<string> => {
  const id = crypto.randomUUID();
  await parcels.create(undefined, { id });
  return id;
};

const listeners = async (): Promise<number[]> => {
  const { rows } = await watcher.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'hints' and query like 'listen%'",
  );
  return rows.map(({ pid }) => pid);
};

const untilListening = async (): Promise<number> => {
  await expect.poll(listeners, { timeout: 10_000 }).toHaveLength(1);
  const [pid] = await listeners();
  // The statement is shown as soon as it begins.
  await sleep(50);
  return pid as number;
};

it("wakes up consumers of another process", async () => {
  hint(writing);
  hint(reading);
  const handled = follow({ clock: standing });
  await untilListening();
  for (let n = 0; n < 5; n += 1) {
    const id = await send();
    await expect.poll(() => handled, { timeout: 10_000 }).toContain(id);
  }
});

it("listens only while a consumer runs", async () => {
  hint(reading);
  await sleep(100);
  expect(await listeners()).toEqual([]);
  follow();
  follow();
  await untilListening();
  for (const one of stop.splice(0)) one.abort();
  await Promise.all(running.splice(0));
  await expect.poll(listeners, { timeout: 10_000 }).toEqual([]);
});

it("announces many commits at a time, after them, on a connection of its own", async () => {
  const heard: { readonly processId: number; readonly payload?: string | undefined }[] = [];
  await watcher.query("listen annals");
  watcher.on("notification", (one) => heard.push(one));
  const writers: number[] = [];
  hint(writing);
  await Promise.all(
    Array.from({ length: 400 }, () =>
      transaction(writing, async (tx) => {
        await parcels.create(undefined, { id: crypto.randomUUID(), tx });
        const backend = sql<{ pid: number }>`select pg_backend_pid() as pid`;
        const { rows } = await backend.execute(tx);
        writers.push(...rows.map(({ pid }) => pid));
      }),
    ),
  );
  await sleep(100);
  await watcher.query("unlisten annals");
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.length).toBeLessThan(200);
  expect(writers).toHaveLength(400);
  for (const { processId, payload } of heard) {
    expect(writers).not.toContain(processId);
    expect(JSON.parse(payload ?? "")).toMatchObject({ tables: ['"public"."parcel_events"'] });
  }
});

it("announces nothing that is rolled back", async () => {
  const heard: unknown[] = [];
  await watcher.query("listen annals");
  watcher.on("notification", (one) => heard.push(one));
  hint(writing);
  const failed = transaction(writing, async (tx) => {
    await parcels.create(undefined, { id: crypto.randomUUID(), tx });
    throw new Error("rolled back");
  });
  await expect(failed).rejects.toThrow("rolled back");
  await sleep(50);
  await watcher.query("unlisten annals");
  expect(heard).toEqual([]);
});

it("takes what somebody notifies by hand for all tables", async () => {
  hint(reading);
  const handled = follow({ clock: standing });
  await untilListening();
  const id = await send();
  await sleep(50);
  await watcher.query("notify annals");
  await expect.poll(() => handled, { timeout: 10_000 }).toContain(id);
});

it("goes on by polling while the connection that listens is lost, and listens again", async () => {
  hint(writing);
  hint(reading);
  const handled = follow({ pollIntervalMs: 50 });
  const pid = await untilListening();
  const sent: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    if (n % 5 === 0) {
      await watcher.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hints'",
      );
    }
    sent.push(await send());
  }
  await expect
    .poll(() => handled.filter((id) => sent.includes(id)), { timeout: 10_000 })
    .toEqual(sent);
  const again = await untilListening();
  expect(again).not.toBe(pid);
});

it("finds what was committed while nobody listened", async () => {
  hint(reading);
  const handled = follow({ clock: standing });
  await untilListening();
  // Not announced, and lost with the connection.
  const id = await send();
  await watcher.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hints'",
  );
  await expect.poll(() => handled, { timeout: 10_000 }).toContain(id);
});

it("keeps no process from stopping when the server cannot be reached", async () => {
  const unreachable = new pg.Pool({ host: "127.0.0.1", port: 1, connectionTimeoutMillis: 200 });
  unreachable.on("error", () => {});
  const hints = notifyHints(reading, { pool: unreachable });
  const handled = follow({ pollIntervalMs: 20 });
  const id = await send();
  await expect.poll(() => handled, { timeout: 10_000 }).toContain(id);
  const before = performance.now();
  await hints.close();
  expect(performance.now() - before).toBeLessThan(2_000);
  await unreachable.end();
});
