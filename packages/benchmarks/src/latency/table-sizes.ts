import type { ConnectedDatabase } from "../connected-database.ts";
import { turn } from "../measure/interleave.ts";
import { PAUSE_MS } from "./closed-loads.ts";
import { fillAnnals, fillEmmett } from "./fill.ts";
import { type Followed, followed } from "./followed.ts";
import { type Latency, latencyOf } from "./latency.ts";
import type { LatencyOptions } from "./latency-options.ts";
import { closedLoad } from "./load.ts";
import { everyWay, type SlottedWay } from "./way.ts";

export interface SizedLatency extends Latency {
  /** How many events were there before. */
  readonly events: number;
}

interface Cell {
  readonly events: number;
  readonly database: ConnectedDatabase;
  readonly slotted: SlottedWay;
}

/** How soon the events of one writer with pauses reach their handlers, with so many others in the tables. */
export const measureTableSizes = async (
  createDatabase: () => Promise<ConnectedDatabase>,
  { sizes, forMs, repetitions, withEmmett, onProgress = () => {} }: LatencyOptions,
): Promise<readonly SizedLatency[]> => {
  const databases: ConnectedDatabase[] = [];
  try {
    const cells: Cell[] = [];
    for (const events of sizes) {
      const database = await createDatabase();
      databases.push(database);
      onProgress(`sizes: filling in ${events} events`);
      await fillAnnals(database, events);
      if (withEmmett) await fillEmmett(database, events);
      await database.pool.query("vacuum analyze");
      for (const slotted of everyWay([1], { withEmmett }))
        cells.push({ events, database, slotted });
    }
    const stretches = new Map<Cell, Followed[]>(cells.map((cell) => [cell, []]));
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      onProgress(`sizes: repetition ${repetition + 1} of ${repetitions}`);
      for (const cell of turn(cells, repetition)) {
        const { database, slotted } = cell;
        const load = { forMs, pauseMs: PAUSE_MS };
        const one = await followed(database, slotted, 1, (open) => closedLoad(open, load));
        stretches.get(cell)?.push(one);
      }
    }
    return [...stretches].map(([{ events, slotted }, found]) => ({
      ...latencyOf(slotted, 1, found),
      events,
    }));
  } finally {
    for (const database of databases) await database.close();
  }
};
