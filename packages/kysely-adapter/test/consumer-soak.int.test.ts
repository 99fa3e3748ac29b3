import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runConsumers } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, expect, it } from "vitest";
import { createConsumer, createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Every kind of consumer under steady load, for as long as SOAK_SECONDS says: an hour by hand, a moment here.
const seconds = Number(process.env.SOAK_SECONDS ?? 6);
/** How many events are stored at a time, and how often: three thousand a second where the machine can. */
const BATCH = 150;
const PAUSE_MS = 50;

const { connectionString } = await testDatabase({
  name: "accounts",
  migrate: (to) => migrate(to, [Account]),
});
const db = openDatabase(connectionString);
const accounts = createRepository(Account, { db });
afterAll(() => db.destroy());

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heapMb = (): number => {
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

const counts = new Map<string, number>();
const count = (name: string, by = 1): void => void counts.set(name, (counts.get(name) ?? 0) + by);

const each = (name: string, slots: number, delivery: "exactly-once" | "at-least-once") =>
  createConsumer(db, {
    ...{ name, slots, delivery },
    topics: [Account],
    on: { AccountOpened: () => count(name) },
  });

const consumers = [
  each("each", 1, "exactly-once"),
  each("spread", 4, "exactly-once"),
  each("outside", 2, "at-least-once"),
  createConsumer(db, {
    name: "batches",
    topics: [Account],
    batch: { size: 500, waitMs: 20, handle: (events) => count("batches", events.length) },
  }),
];

it(
  "consumes steadily in steady memory",
  async () => {
    const stop = new AbortController();
    const running = runConsumers(consumers, { signal: stop.signal });
    const heaps: number[] = [];
    let stored = 0;
    const write = async (untilMs: number): Promise<void> => {
      while (performance.now() < untilMs) {
        await accounts.createAll(
          Array.from({ length: BATCH }, () => ({ email: `${crypto.randomUUID()}@example.com` })),
        );
        stored += BATCH;
        await sleep(PAUSE_MS);
      }
    };
    // The first sample comes once everything is compiled and every cache has what it holds.
    for (let sample = 1; sample <= 5; sample += 1) {
      await write(performance.now() + (seconds * 1_000) / 5);
      heaps.push(heapMb());
    }
    const handled = () => consumers.map(({ name }) => counts.get(name));
    await expect.poll(handled, { timeout: 60_000 }).toEqual(consumers.map(() => stored));
    stop.abort();
    await running;
    expect(stored).toBeGreaterThan(seconds * 100);
    const [, second = 0, ...later] = heaps;
    // Noise is a few megabytes; one kept event for each that was stored would be more with every sample.
    expect(Math.min(...later)).toBeLessThan(second + 8);
    expect(heapMb()).toBeLessThan(second + 8);
  },
  seconds * 1_000 + 90_000,
);
