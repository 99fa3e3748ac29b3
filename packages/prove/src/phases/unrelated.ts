import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LongTransaction } from "@annals/faults";
import { deliveryTimes } from "../deliveries.ts";
import type { Trial } from "../trial.ts";
import { appendOne } from "../writers.ts";
import type { Phase } from "./phase.ts";

/** How long the unrelated transactions stay open. */
const HELD_MS = 2_500;

/** Transactions that have written, and nothing to do with events, stay open while events are appended. */
export const unrelated: Phase = {
  name: "unrelated transactions",
  share: 0,
  run: async (trial) => {
    await trial.startConsumer();
    await trial.drained(await trial.stored());
    const open = [
      new LongTransaction(trial.connectionString, "insert into prove.elsewhere values ('long')"),
      new LongTransaction(trial.server.connectionString, "create table elsewhere (note text)"),
    ];
    for (const each of open) await each.open();
    const appended = await appendFor(trial, HELD_MS);
    const end = Date.now();
    const times = await deliveryTimes(trial.connectionString, [...appended.keys()]);
    for (const each of open) await each.close();
    const waits = [...appended].map(([id, at]) => Math.min(times.get(id) ?? end, end) - at);
    const longestWaitMs = Math.max(0, ...waits.map(Math.round));
    const told = `${appended.size} events while two unrelated transactions were open for ${HELD_MS} ms`;
    return { kind: "ran", longestWaitMs, told };
  },
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
