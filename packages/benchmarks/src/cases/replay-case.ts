import { createConsumer } from "@annals/kysely-adapter";
import { createCheckpoints, naiveLoop } from "../by-hand/consumer-loop.ts";
import type { BenchmarkDatabase } from "../database.ts";
import { User } from "../entity.ts";
import { emmettReplay } from "../peers/emmett-replay.ts";
import { seedUsers } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";
import { EVENTS_PER_USER } from "./topic-data.ts";

const BATCH = 1_000;

/** Emmett gets a fraction of the events: with all of them, one run would take hours. */
const EMMETT_SHARE = 100;

/**
 * Goes through a large topic once, from its beginning, in batches whose handler does nothing. The floor is a
 * scan by position, written by hand, that keeps its checkpoint.
 */
export const replayCase: CaseSource = {
  name: "replay",
  unit: "events",
  oneConnection: true,
  prepare: async (database, { replayEvents }) => {
    const { pool } = database;
    await createCheckpoints(pool, "replay");
    const users = replayEvents / EVENTS_PER_USER;
    await seedUsers(pool, "replay", "replay", { users, events: EVENTS_PER_USER });
    const emmett = await emmettReplay(database, replayEvents / EMMETT_SHARE, BATCH);
    const way = (
      name: string,
      events: number,
      run: () => Promise<number>,
      isThrough = (handled: number) => handled === events,
    ) => ({
      name,
      operationsPerRun: events,
      run: async () => {
        const handled = await run();
        if (!isThrough(handled)) throw new Error(`${handled} of ${events} events came: ${name}`);
      },
    });
    const consumed = (delivery: "exactly-once" | "at-least-once") => () =>
      catchUp(database, delivery);
    const floor = way("by hand, position scan", replayEvents, () =>
      naiveLoop(pool, {
        schema: "replay",
        consumer: newConsumer(),
        batchSize: BATCH,
        handle: async () => {},
      }),
    );
    const variants = [
      way("annals", replayEvents, consumed("exactly-once")),
      way("annals, at least once", replayEvents, consumed("at-least-once")),
      floor,
      // It passes over some of what was appended at the same time, in other cases of the run.
      way(
        `emmett, ${emmett.events.toLocaleString("en")} events`,
        emmett.events,
        emmett.run,
        (handled) => handled > emmett.events * 0.9,
      ),
    ];
    return { floor, variants };
  },
};

let consumers = 0;

const newConsumer = (): string => {
  consumers += 1;
  return `replay-${consumers}`;
};

const catchUp = async (
  { db }: BenchmarkDatabase,
  delivery: "exactly-once" | "at-least-once",
): Promise<number> => {
  let handled = 0;
  const consumer = createConsumer(db.withSchema("replay"), {
    name: newConsumer(),
    topics: [User],
    delivery,
    batch: {
      size: BATCH,
      handle: (events) => {
        handled += events.length;
      },
    },
  });
  await consumer.catchUp();
  return handled;
};
