import { once } from "node:events";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { ConnectedDatabase } from "../connected-database.ts";
import { Arrivals, probeName } from "./arrivals.ts";
import { type Following, follow, type OnHandled } from "./follower.ts";
import type { Handled } from "./follower-thread.ts";
import type { Written } from "./load.ts";
import { notifyingWriter } from "./notifying-writer.ts";
import type { SlottedWay } from "./way.ts";
import { openWriters, type Writers } from "./writers.ts";

/** How long nothing may come before the rest is given up. */
const QUIET_MS = 10_000;
const PROBING_MS = 60_000;

let runs = 0;

/** What was written while somebody followed, and what of it came to the handler. */
export interface Followed {
  readonly written: Written;
  readonly arrivals: Arrivals;
  /** How many events never came. None of ours: that is an error. */
  readonly missed: number;
}

/** Runs a load while one consumer follows, and waits until everything has come. */
export const followed = async (
  database: ConnectedDatabase,
  { way, slots }: SlottedWay,
  writerCount: number,
  load: (writers: Writers) => Promise<Written>,
): Promise<Followed> => {
  runs += 1;
  const writers = await openWriters(way.system, database, writerCount);
  const arrivals = new Arrivals(writers.label);
  const note: OnHandled = (name, at) => arrivals.note(name, at);
  const consumer = `latency-${runs}-${process.pid}`;
  const following: Following = { system: way.system, consumer, slots, hint: way.hint };
  const stop = way.isInProcess
    ? await follow(database, following, note)
    : await followInThread(database, following, note);
  const closeHints = way.hint
    ? notifyingWriter(database.connectionString, database.db)
    : async () => {};
  try {
    await probe(writers, arrivals);
    const written = await load(writers);
    await arrivals.settle(written.events.size, QUIET_MS);
    const missed = written.events.size - arrivals.count;
    if (missed > 0 && way.system === "annals") {
      throw new Error(`${missed} of ${written.events.size} events did not come ${way.name}`);
    }
    return { written, arrivals, missed };
  } finally {
    await stop();
    await closeHints();
  }
};

/** Appends until something has arrived: from then on, the consumer follows. */
const probe = async (writers: Writers, arrivals: Arrivals): Promise<void> => {
  const until = performance.now() + PROBING_MS;
  for (let n = 0; !arrivals.hasProbe; n += 1) {
    if (performance.now() > until) throw new Error("The consumer did not begin within a minute");
    await writers.append(0, [probeName(writers.label, `${n}`)]);
    for (let waits = 0; waits < 25 && !arrivals.hasProbe; waits += 1) await sleep(20);
  }
};

const followInThread = async (
  { connectionString }: ConnectedDatabase,
  following: Following,
  note: OnHandled,
): Promise<() => Promise<void>> => {
  const program = new URL(`./follower-thread${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(fileURLToPath(program), {
    workerData: { connectionString, following },
    execArgv: ["--conditions=@annals/source"],
  });
  await once(thread, "message");
  thread.on("message", ({ names, at }: Handled) => {
    for (const [n, name] of names.entries()) note(name, at[n] as number);
  });
  return async () => {
    const ended = once(thread, "exit");
    thread.postMessage("stop");
    await ended;
  };
};
