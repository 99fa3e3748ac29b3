import { median, quantile } from "../measure/statistics.ts";
import type { Followed } from "./followed.ts";
import { type Appended, perSecond } from "./load.ts";
import type { SlottedWay } from "./way.ts";

/** How long events took to their handlers. */
export interface Spread {
  /** Nothing where none came. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** What one consumer made of one load. */
export interface Latency {
  readonly way: string;
  readonly slots: number;
  readonly writers: number;
  readonly eventsPerSecond: number;
  /** From the end of an append to the beginning of the handler. */
  readonly fromAppend: Spread;
  /** From when the event was due to the beginning of the handler. */
  readonly fromDue: Spread;
  /** Events that never came. */
  readonly missed: number;
}

/** Summarises several stretches of the same way as one. */
export const latencyOf = (
  { way, slots }: SlottedWay,
  writers: number,
  stretches: readonly Followed[],
): Latency => ({
  ...{ way: way.name, slots, writers },
  eventsPerSecond: median(stretches.map(({ written }) => perSecond(written))),
  fromAppend: spreadFrom(stretches, ({ doneAt }) => doneAt),
  fromDue: spreadFrom(stretches, ({ dueAt }) => dueAt),
  missed: stretches.reduce((sum, { missed }) => sum + missed, 0),
});

const spreadFrom = (
  stretches: readonly Followed[],
  start: (appended: Appended) => number,
): Spread => {
  const times = stretches.flatMap(({ written, arrivals }) =>
    [...written.events].flatMap(([name, appended]) => {
      const at = arrivals.at(name);
      // A handler may begin before the writer has seen its own commit.
      return at === undefined ? [] : [Math.max(0, at - start(appended))];
    }),
  );
  if (times.length === 0) return { p50Ms: null, p99Ms: null };
  return { p50Ms: median(times), p99Ms: quantile(times, 0.99) };
};
