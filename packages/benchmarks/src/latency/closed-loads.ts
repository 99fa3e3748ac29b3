import type { ConnectedDatabase } from "../connected-database.ts";
import { followed } from "./followed.ts";
import { type Latency, latencyOf } from "./latency.ts";
import type { LatencyOptions } from "./latency-options.ts";
import { closedLoad } from "./load.ts";
import { everyWay } from "./way.ts";

/** How long the one writer rests that leaves time for everything. */
export const PAUSE_MS = 10;

/** How soon events reach their handlers, with one writer that pauses and with several that do not. */
export const measureClosedLoads = async (
  database: ConnectedDatabase,
  { slots, writers, forMs, withEmmett, onProgress = () => {} }: LatencyOptions,
): Promise<readonly Latency[]> => {
  const loads = [
    { count: 1, load: { forMs, pauseMs: PAUSE_MS } },
    { count: writers, load: { forMs, pauseMs: 0 } },
  ];
  const found: Latency[] = [];
  for (const slotted of everyWay(slots, { withEmmett })) {
    for (const { count, load } of loads) {
      onProgress(`latency: ${slotted.way.name}, ${slotted.slots} slots, ${count} writers`);
      const one = await followed(database, slotted, count, (open) => closedLoad(open, load));
      found.push(latencyOf(slotted, count, [one]));
    }
  }
  return found;
};
