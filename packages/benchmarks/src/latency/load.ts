import { setTimeout as sleep } from "node:timers/promises";
import { eventName } from "./arrivals.ts";
import { monotonicMs } from "./monotonic-ms.ts";
import type { Writers } from "./writers.ts";

/** One event that was appended. */
export interface Appended {
  /** When it was to be appended; for writers who wait for nobody, when they began. */
  readonly dueAt: number;
  /** When its append came back. */
  readonly doneAt: number;
}

/** What was appended, by the name that each event gives. */
export interface Written {
  readonly events: ReadonlyMap<string, Appended>;
  readonly beganAt: number;
  readonly endedAt: number;
}

export const perSecond = ({ events, beganAt, endedAt }: Written): number =>
  (events.size / (endedAt - beganAt)) * 1_000;

export interface ClosedLoad {
  readonly forMs: number;
  /** About how long each writer rests between two appends. */
  readonly pauseMs: number;
  readonly eventsPerAppend?: number;
}

let loads = 0;

/** Every writer appends, again and again: the next one begins when the last one came back. */
export const closedLoad = async (
  writers: Writers,
  { forMs, pauseMs, eventsPerAppend = 1 }: ClosedLoad,
): Promise<Written> => {
  loads += 1;
  const load = loads;
  const events = new Map<string, Appended>();
  const beganAt = monotonicMs();
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; n === 0 || monotonicMs() < beganAt + forMs; n += 1) {
      const names = Array.from({ length: eventsPerAppend }, (_, at) =>
        eventName(writers.label, `${load}.${writer}.${n}.${at}`),
      );
      const dueAt = monotonicMs();
      await writers.append(writer, names);
      const appended = { dueAt, doneAt: monotonicMs() };
      for (const name of names) events.set(name, appended);
      if (pauseMs > 0) await sleep(pauseMs * (0.5 + Math.random()));
    }
  };
  await everyone(writers, write);
  return { events, beganAt, endedAt: monotonicMs() };
};

export interface OpenLoad {
  readonly forMs: number;
  /** How many events are due in a second. */
  readonly offeredPerSecond: number;
}

/**
 * Events are due at fixed times, whoever is ready: one that finds no writer free waits, and its waiting
 * counts. Whoever asks only after the last one was answered never sees what others wait for.
 */
export const openLoad = async (
  writers: Writers,
  { forMs, offeredPerSecond }: OpenLoad,
): Promise<Written> => {
  loads += 1;
  const load = loads;
  const events = new Map<string, Appended>();
  const total = Math.max(1, Math.floor((forMs * offeredPerSecond) / 1_000));
  const beganAt = monotonicMs();
  const due = (n: number): number => beganAt + (n * 1_000) / offeredPerSecond;
  let next = 0;
  const write = async (writer: number): Promise<void> => {
    while (next < total) {
      const dueAt = due(next);
      const early = dueAt - monotonicMs();
      if (early > 0) {
        // Others may take it meanwhile; whoever wakes up first does.
        await sleep(early);
        continue;
      }
      const name = eventName(writers.label, `${load}.${next}`);
      next += 1;
      await writers.append(writer, [name]);
      events.set(name, { dueAt, doneAt: monotonicMs() });
    }
  };
  await everyone(writers, write);
  return { events, beganAt, endedAt: monotonicMs() };
};

const everyone = async (
  { count }: Writers,
  write: (writer: number) => Promise<void>,
): Promise<void> => {
  await Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
};
