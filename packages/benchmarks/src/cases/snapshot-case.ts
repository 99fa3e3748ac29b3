import { defineEntity, type SnapshotOptions } from "@annals/core";
import { createRepository, entityMigration } from "@annals/kysely-adapter";
import * as z from "zod";
import type { BenchmarkDatabase } from "../database.ts";
import type { Variant } from "../measure/interleave.ts";
import type { CaseSource } from "./benchmark-case.ts";

/** An entity that lives on for many small events, whose states are kept or not. */
const defineMeter = (name: string, snapshot: SnapshotOptions | undefined) =>
  defineEntity({
    name,
    ...(snapshot !== undefined && { snapshot }),
    schema: z.object({ place: z.string(), total: z.int() }),
    events: {
      MeterInstalled: z.object({ place: z.string() }),
      UseMeasured: z.object({ units: z.int() }),
    },
    create: (place: string) => ({ type: "MeterInstalled", place }),
    evolve: {
      MeterInstalled: (_, { place }) => ({ place, total: 0 }),
      UseMeasured: (state, { units }) => ({ ...state, total: state.total + units }),
    },
    commands: {
      measure: (_, units: number, times: number) =>
        Array.from({ length: times }, () => ({ type: "UseMeasured" as const, units })),
    },
    index: { place: {} },
  });

/** After how many events the state is kept. Half as many follow the last one. */
const EVERY = 100;

/** Half a million events: nobody has them all in a cache of the processor. */
const METERS = 25;

interface Meters {
  readonly count: number;
  readonly events: number;
  readonly snapshot: SnapshotOptions | undefined;
}

/** Brings back entities of so many events. */
const reading = async (
  { db, pool }: BenchmarkDatabase,
  name: string,
  table: string,
  { count, events, snapshot }: Meters,
): Promise<Variant> => {
  const definition = defineMeter(table, snapshot);
  await entityMigration(definition).up(db);
  const meters = createRepository(definition, { db });
  const made = await meters.createAll(Array.from({ length: count }, (_, at) => `place ${at}`));
  for (const times of [events - EVERY / 2 - 1, EVERY / 2]) {
    for (const meter of made) {
      meter.measure(1, times);
      await meters.update(meter);
    }
  }
  await pool.query(`analyze ${definition.plan.indexTable}, ${definition.plan.eventsTable}`);
  let at = 0;
  return {
    name,
    run: async () => {
      at = (at + 1) % made.length;
      const { version, state } = await meters.findById(made[at]?.id as string);
      if (version !== events || state.total !== events - 1) {
        throw new Error(`A read of the benchmark found ${version} events`);
      }
    },
  };
};

/** Loads an entity of 10,000 events, with and without snapshots, beside one of 100 events. */
export const snapshotCase: CaseSource = {
  name: "load-10000-snapshots",
  unit: "entities",
  prepare: async (database, { readers }) => {
    const count = Math.min(readers, METERS);
    const short = { count, events: 100, snapshot: undefined };
    const long = { count, events: 10_000, snapshot: undefined };
    const kept = { ...long, snapshot: { every: EVERY } };
    const floor = await reading(database, "100 events, all folded", "shortMeter", short);
    const variants = [
      await reading(database, "10,000 events, with snapshots", "keptMeter", kept),
      floor,
      await reading(database, "10,000 events, all folded", "longMeter", long),
    ];
    return { floor, variants };
  },
};
