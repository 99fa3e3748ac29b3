import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { createRepository } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { User } from "../entity.ts";
import { median, quantile } from "../measure/statistics.ts";
import { follow, monotonicMs, openPool } from "./follower.ts";
import { notifyingWriter } from "./notifying-writer.ts";

export interface LatencyOptions {
  readonly slots: readonly number[];
  /** How long each way is measured. */
  readonly forMs: number;
  /** Told what begins. */
  readonly onProgress?: (line: string) => void;
}

const WAYS = ["in process", "by polling", "with the hint"] as const;
type Way = (typeof WAYS)[number];

/** From the end of an append to the beginning of the handler. */
export interface Latency {
  readonly way: Way;
  readonly slots: number;
  readonly writers: number;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One writer that pauses between appends, and eight that do not. */
const LOADS = [
  { writers: 1, pauseMs: 10 },
  { writers: 8, pauseMs: 0 },
] as const;

/** Measures how soon events reach their handlers, in every way in turn. */
export const measureLatency = async (
  connectionString: string,
  { slots: counts, forMs, onProgress = () => {} }: LatencyOptions,
): Promise<readonly Latency[]> => {
  const db = openPool(connectionString);
  const found: Latency[] = [];
  try {
    for (const slots of counts) {
      for (const { writers, pauseMs } of LOADS) {
        for (const way of WAYS) {
          onProgress(`${way}, ${slots} slots, ${writers} writers`);
          const load = { writers, pauseMs, forMs };
          const times = await measure({ connectionString, db, way, slots }, load);
          found.push({
            ...{ way, slots, writers, eventsPerSecond: (times.length / forMs) * 1_000 },
            ...{ p50Ms: median(times), p99Ms: quantile(times, 0.99) },
          });
        }
      }
    }
    return found;
  } finally {
    await db.destroy();
  }
};

interface Setting {
  readonly connectionString: string;
  readonly db: Kysely<unknown>;
  readonly way: Way;
  readonly slots: number;
}

interface Load {
  readonly writers: number;
  readonly pauseMs: number;
  readonly forMs: number;
}

let runs = 0;

const measure = async (setting: Setting, load: Load): Promise<readonly number[]> => {
  const { connectionString, db, way, slots } = setting;
  runs += 1;
  const handled = new Map<string, number>();
  const note = (name: string, at: number): void => void handled.set(name, at);
  const hint = way === "with the hint";
  const following = { connectionString, consumer: `latency-${runs}`, slots, hint };
  const stop =
    way === "in process" ? await follow(following, db, note) : await inThread(following, note);
  const closeHints = hint ? notifyingWriter(connectionString, db) : async () => {};
  await sleep(200);
  const appended = await append(db, `${runs}`, load);
  // What is still on its way arrives within a poll or two.
  for (let n = 0; n < 500 && [...appended.keys()].some((name) => !handled.has(name)); n += 1) {
    await sleep(20);
  }
  await stop();
  await closeHints();
  return [...appended].map(([name, at]) => {
    const came = handled.get(name);
    if (came === undefined) throw new Error(`An event did not come within ten seconds: ${way}`);
    // A handler may begin before the writer has seen its own commit.
    return Math.max(0, came - at);
  });
};

const inThread = async (
  following: object,
  note: (name: string, at: number) => void,
): Promise<() => Promise<void>> => {
  const thread = new Worker(new URL("./follower-thread.ts", import.meta.url), {
    workerData: following,
  });
  await once(thread, "message");
  thread.on("message", ({ name, at }: { name: string; at: number }) => note(name, at));
  return async () => {
    const ended = once(thread, "exit");
    thread.postMessage("stop");
    await ended;
  };
};

/** Appends for a while; returns when each append came back. */
const append = async (
  db: Kysely<unknown>,
  label: string,
  { writers, pauseMs, forMs }: Load,
): Promise<ReadonlyMap<string, number>> => {
  const users = createRepository(User, { db: db.withSchema("guarded") });
  const appended = new Map<string, number>();
  const until = performance.now() + forMs;
  const write = async (writer: number): Promise<void> => {
    const email = `${label}.${writer}@latency.example.com`;
    const user = await users.create({ email, name: "Ada" });
    for (let n = 0; performance.now() < until; n += 1) {
      const name = `${label}.${writer}.${n}`;
      user.rename(name);
      await users.update(user);
      appended.set(name, monotonicMs());
      if (pauseMs > 0) await sleep(pauseMs * (0.5 + Math.random()));
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return appended;
};

export const latencyText = (found: readonly Latency[]): string =>
  [
    "From the end of an append to the beginning of its handler:",
    "way             slots  writers    events/s   p50 ms   p99 ms",
    ...found.map(({ way, slots, writers, eventsPerSecond, p50Ms, p99Ms }) =>
      [
        way.padEnd(15),
        String(slots).padStart(6),
        String(writers).padStart(9),
        Math.round(eventsPerSecond).toString().padStart(12),
        p50Ms.toFixed(2).padStart(9),
        p99Ms.toFixed(2).padStart(9),
      ].join(""),
    ),
  ].join("\n");
