import { createCheckpoints } from "../by-hand/consumer-loop.ts";
import type { BenchmarkDatabase } from "../database.ts";
import { seedEvents } from "../tables.ts";

export const EVENTS_PER_USER = 10;

const prepared = new WeakSet<BenchmarkDatabase>();

/** Fills the topic once, whichever of the cases comes first. */
export const prepareTopic = async (database: BenchmarkDatabase, events: number): Promise<void> => {
  if (prepared.has(database)) return;
  prepared.add(database);
  await createCheckpoints(database.pool, "topic");
  await seedEvents(database.pool, "topic", events, EVENTS_PER_USER);
};
