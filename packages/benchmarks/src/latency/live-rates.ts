import type { ConnectedDatabase } from "../connected-database.ts";
import { type Followed, followed } from "./followed.ts";
import type { LatencyOptions } from "./latency-options.ts";
import { closedLoad, perSecond } from "./load.ts";
import { BY_POLLING, everyWay, type SlottedWay } from "./way.ts";

/** How a consumer keeps up with writers at full speed. */
export interface LiveRate {
  readonly way: string;
  readonly slots: number;
  readonly writers: number;
  readonly eventsPerAppend: number;
  readonly appendedPerSecond: number;
  /** Events that were handled while writers wrote, for one second. */
  readonly handledPerSecond: number;
  /** How many events waited when the writers ended. */
  readonly behind: number;
  /** How much later the last of them was handled. */
  readonly caughtUpMs: number;
  /** Events that never came. */
  readonly missed: number;
}

/** One event at a time, as commands append them, and many, which is more than commands ever append. */
const EVENTS_PER_APPEND = [1, 50] as const;

/** How many events are handled in a second, from another thread, while several append at full speed. */
export const measureLiveRates = async (
  database: ConnectedDatabase,
  { slots, writers, forMs, withEmmett, onProgress = () => {} }: LatencyOptions,
): Promise<readonly LiveRate[]> => {
  const found: LiveRate[] = [];
  for (const eventsPerAppend of EVENTS_PER_APPEND) {
    for (const slotted of everyWay(slots, { ways: [BY_POLLING], withEmmett })) {
      const { way, slots: count } = slotted;
      onProgress(`live: ${way.system}, ${count} slots, ${eventsPerAppend} events at a time`);
      const load = { forMs, pauseMs: 0, eventsPerAppend };
      const one = await followed(database, slotted, writers, (open) => closedLoad(open, load));
      found.push({ ...liveRateOf(slotted, one), writers, eventsPerAppend });
    }
  }
  return found;
};

export const liveRateOf = (
  { way, slots }: SlottedWay,
  { written, arrivals, missed }: Followed,
): Omit<LiveRate, "writers" | "eventsPerAppend"> => {
  const { events, beganAt, endedAt } = written;
  let [inTime, last] = [0, endedAt];
  for (const at of arrivals.times()) {
    if (at <= endedAt) inTime += 1;
    last = Math.max(last, at);
  }
  return {
    ...{ way: way.system, slots, missed },
    appendedPerSecond: perSecond(written),
    handledPerSecond: (inTime / (endedAt - beganAt)) * 1_000,
    behind: events.size - inTime,
    caughtUpMs: last - endedAt,
  };
};
