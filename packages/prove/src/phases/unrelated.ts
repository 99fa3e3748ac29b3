import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LongTransaction } from "@annals/faults";
import { deliveryTimes } from "../deliveries.ts";
import type { Trial } from "../trial.ts";
import { appendOne } from "../writers.ts";
import { type Phase, STALL_MS } from "./phase.ts";

/** How long the unrelated transactions stay open. */
const HELD_MS = 2_500;

/** A busy machine holds events up as well, but not every time. */
const TRIES = 3;

/** Transactions that have written, and nothing to do with events, stay open while events are appended. */
export const unrelated: Phase = {
  name: "unrelated transactions",
  share: 0,
  run: async (trial) => {
    await trial.startConsumer();
    await trial.drained(await trial.stored());
    await trial.consumerIsUp();
    let longestWaitMs = Number.POSITIVE_INFINITY;
    let tries = 0;
    while (tries < TRIES && longestWaitMs >= STALL_MS) {
      tries += 1;
      longestWaitMs = Math.min(longestWaitMs, await longestWait(trial, tries));
    }
    const told = `two open for ${HELD_MS} ms while events were appended, ${tries} times`;
    return { kind: "ran", longestWaitMs, told };
  },
};

/** The longest that an event waited for its delivery, or for the end of the unrelated transactions. */
const longestWait = async (trial: Trial, nth: number): Promise<number> => {
  const open = [
    new LongTransaction(trial.connectionString, "insert into prove.elsewhere values ('long')"),
    new LongTransaction(trial.server.connectionString, `create table elsewhere_${nth} ()`),
  ];
  for (const each of open) await each.open();
  const appended = await appendFor(trial, HELD_MS);
  const end = Date.now();
  const times = await deliveryTimes(trial.connectionString, [...appended.keys()]);
  for (const each of open) await each.close();
  const waits = [...appended].map(([id, at]) => Math.min(times.get(id) ?? end, end) - at);
  return Math.max(0, ...waits.map(Math.round));
};

/** @returns when each event was known to be committed. */
const appendFor = (trial: Trial, ms: number): Promise<ReadonlyMap<number, number>> =>
  trial.writing(async (writer) => {
    const appended = new Map<number, number>();
    const stream = randomUUID();
    for (const until = Date.now() + ms; Date.now() < until; await sleep(50)) {
      appended.set(await appendOne(writer, trial.history, stream), Date.now());
    }
    return appended;
  });
