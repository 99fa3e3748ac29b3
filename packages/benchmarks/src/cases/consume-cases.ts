import { createConsumer } from "@annals/kysely-adapter";
import { naiveLoop, transactionalLoop } from "../by-hand/consumer-loop.ts";
import type { BenchmarkDatabase } from "../database.ts";
import { User } from "../entity.ts";
import type { CaseSource } from "./benchmark-case.ts";
import { prepareTopic } from "./topic-data.ts";

/** Catches up with a topic from its beginning, with handlers that do nothing. One run is all of it. */
const consumeCase = (batchSize: number): CaseSource => ({
  name: `consume-${batchSize}`,
  unit: "events",
  oneConnection: true,
  prepare: async (database, { topicEvents }) => {
    await prepareTopic(database, topicEvents);
    const { pool } = database;
    const loop = () => ({
      schema: "topic" as const,
      consumer: newConsumer(),
      batchSize,
      handle: async () => {},
    });
    const expectAll = (handled: number): void => {
      if (handled !== topicEvents) throw new Error(`${handled} of ${topicEvents} events came`);
    };
    const floor = {
      name: "by hand, 2 round trips",
      operationsPerRun: topicEvents,
      run: async () => expectAll(await naiveLoop(pool, loop())),
    };
    const variants = [
      {
        name: "annals",
        operationsPerRun: topicEvents,
        run: async () => expectAll(await catchUp(database, newConsumer(), batchSize)),
      },
      floor,
      {
        name: "by hand, in a transaction",
        operationsPerRun: topicEvents,
        run: async () => expectAll(await transactionalLoop(pool, loop())),
      },
    ];
    return { floor, variants };
  },
});

export const consumeCases: readonly CaseSource[] = [consumeCase(100), consumeCase(1000)];

let consumers = 0;

const newConsumer = (): string => {
  consumers += 1;
  return `consumer-${consumers}`;
};

const catchUp = async (
  { db }: BenchmarkDatabase,
  name: string,
  batchSize: number,
): Promise<number> => {
  let handled = 0;
  const count = async (): Promise<void> => {
    handled += 1;
  };
  const consumer = createConsumer(db.withSchema("topic"), {
    name,
    topics: [User],
    batchSize,
    on: { UserRegistered: count, UserRenamed: count },
  });
  await consumer.catchUp();
  return handled;
};
