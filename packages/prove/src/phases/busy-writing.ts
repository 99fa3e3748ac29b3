import { setTimeout as sleep } from "node:timers/promises";
import { startPausingProxy } from "@annals/faults";
import pg from "pg";
import { deliveriesMark } from "../deliveries.ts";
import type { Trial } from "../trial.ts";
import { type Budget, stoodStill, write } from "../writers.ts";

export interface Busy {
  readonly events: number;
  /** By way of what writers reach the database. Default is the server itself. */
  readonly through?: { readonly connectionString: string; readonly isPooled: boolean };
  readonly killsConsumers: boolean;
  /** What else happens; it is told how many events are left. */
  readonly meanwhile?: (budget: Budget) => Promise<void>;
}

/**
 * Writers write over a network that stutters, so that what takes several round trips commits late and in another
 * order, while their backends are terminated and the consumer's process is killed.
 *
 * @returns what was done, as a sentence.
 */
export const writeBusily = async (trial: Trial, busy: Busy): Promise<string> => {
  const { connectionString, isPooled } = busy.through ?? {
    connectionString: trial.connectionString,
    isPooled: false,
  };
  const proxy = await startPausingProxy(connectionString, trial.random, { share: 0.1, maxMs: 25 });
  const writer = await trial.driver.openWriter({
    connectionString: trial.connection("writer", proxy.connectionString),
    isPooled,
    connections: trial.writers + 2,
  });
  const { random, history, streams } = trial;
  const budget: Budget = { left: busy.events, movedAt: Date.now() };
  const desk = { writer, random, history, streams, budget };
  const stop = new AbortController();
  const disturbed = Promise.all([
    terminateBackends(trial, stop.signal),
    busy.killsConsumers ? killConsumers(trial, stop.signal) : 0,
  ]);
  const meanwhile = busy.meanwhile?.(budget);
  try {
    await Promise.all(Array.from({ length: trial.writers }, () => write(desk)));
    await meanwhile;
  } finally {
    stop.abort();
    await meanwhile?.catch(() => {});
    await disturbed;
    await writer.close().catch(() => {});
    await proxy.close();
  }
  const [backends, consumers] = await disturbed;
  const told = `${backends} backends terminated, ${consumers} consumer processes killed`;
  return stoodStill(budget) ? `${told}, writers stood still with ${budget.left} to go` : told;
};

/** Terminates a backend of a writer or of the consumer now and then. */
const terminateBackends = async (trial: Trial, signal: AbortSignal): Promise<number> => {
  const { random } = trial;
  let terminated = 0;
  for (;;) {
    if (!(await pause(random.between(100, 400), signal))) return terminated;
    const name = random.chance(0.75) ? "writer" : "consumer";
    const client = new pg.Client({ connectionString: trial.connectionString });
    client.on("error", () => {});
    try {
      await client.connect();
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from (
  select pid from pg_stat_activity
  where application_name = $1 and datname = current_database() order by random() limit 1
) one`,
        [name],
      );
      terminated += rowCount ?? 0;
    } catch {
      // The server is down: there is nothing to terminate.
    } finally {
      await client.end().catch(() => {});
    }
  }
};

/** The first time soon, since a short trial is soon over. */
const killConsumers = async (trial: Trial, signal: AbortSignal): Promise<number> => {
  let killed = 0;
  let wait = trial.random.between(200, 500);
  let mark = 0;
  while (await pause(wait, signal)) {
    // One that has done nothing yet has nothing to lose.
    const reached = await deliveriesMark(trial.connectionString).catch(() => mark);
    if (reached === mark) continue;
    mark = reached;
    await trial.killConsumer();
    killed += 1;
    wait = trial.random.between(1_500, 4_000);
  }
  return killed;
};

/** @returns whether the time has passed, and not the phase. */
const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal }).catch(() => false);
