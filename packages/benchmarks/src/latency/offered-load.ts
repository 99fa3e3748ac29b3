import type { ConnectedDatabase } from "../connected-database.ts";
import { followed } from "./followed.ts";
import { type Latency, latencyOf } from "./latency.ts";
import type { LatencyOptions } from "./latency-options.ts";
import { closedLoad, openLoad, perSecond } from "./load.ts";
import { everyWay, type System } from "./way.ts";
import { openWriters } from "./writers.ts";

const SHARE = 0.5;

export interface OfferedLatency extends Latency {
  /** How many events were due in a second. */
  readonly offeredPerSecond: number;
}

/** How soon events reach their handlers at half of what the same writers append at most. */
export const measureOfferedLoad = async (
  database: ConnectedDatabase,
  { slots, writers, forMs, withEmmett, onProgress = () => {} }: LatencyOptions,
): Promise<readonly OfferedLatency[]> => {
  const offered = new Map<System, number>();
  const offer = async (system: System): Promise<number> => {
    const known = offered.get(system);
    if (known !== undefined) return known;
    onProgress(`offered: how many events ${writers} writers append to ${system}`);
    const found = (await maximum(database, system, writers, forMs)) * SHARE;
    offered.set(system, found);
    return found;
  };
  const found: OfferedLatency[] = [];
  for (const slotted of everyWay(slots, { withEmmett })) {
    const offeredPerSecond = await offer(slotted.way.system);
    const rate = Math.round(offeredPerSecond);
    onProgress(`offered: ${slotted.way.name}, ${slotted.slots} slots, ${rate} events/s`);
    const one = await followed(database, slotted, writers, (open) =>
      openLoad(open, { forMs, offeredPerSecond }),
    );
    found.push({ ...latencyOf(slotted, writers, [one]), offeredPerSecond });
  }
  return found;
};

/** How many events the writers append in a second when nobody follows and none waits for another. */
const maximum = async (
  database: ConnectedDatabase,
  system: System,
  count: number,
  forMs: number,
): Promise<number> => {
  const writers = await openWriters(system, database, count);
  // Until code is compiled and statements are planned.
  await closedLoad(writers, { forMs: forMs / 4, pauseMs: 0 });
  return perSecond(await closedLoad(writers, { forMs, pauseMs: 0 }));
};
