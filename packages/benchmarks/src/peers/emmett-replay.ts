import { randomUUID } from "node:crypto";
import type { BenchmarkDatabase } from "../database.ts";
import { emmettUsers } from "./emmett.ts";

const EVENTS_PER_STREAM = 500;

/** Emmett's own consumer over everything that its store has. */
export interface EmmettReplay {
  readonly events: number;
  /** Follows from the beginning until nothing is left, and returns how many events came. */
  run(): Promise<number>;
}

/**
 * Fills Emmett's store, if need be, up to so many events. Few, since its consumer sorts what is left of the
 * table for every batch: the more there is, the slower it becomes.
 */
export const emmettReplay = async (
  database: BenchmarkDatabase,
  events: number,
  batchSize: number,
): Promise<EmmettReplay> => {
  const { pool } = database;
  await emmettUsers(database);
  const { getPostgreSQLEventStore, postgreSQLEventStoreConsumer } = await import(
    "@event-driven-io/emmett-postgresql"
  );
  const store = getPostgreSQLEventStore("", {
    schema: { autoMigration: "None" },
    connectionOptions: { pool },
  });
  for (let stored = await countMessages(database); stored < events; stored += EVENTS_PER_STREAM) {
    const renamed = Array.from({ length: EVENTS_PER_STREAM }, (_, n) => {
      return { type: "UserRenamed", data: { name: `Name ${n}` } } as const;
    });
    await store.appendToStream(`replay-${randomUUID()}`, renamed);
  }
  const { connectionString = "" } = pool.options;
  return {
    events: await countMessages(database),
    run: async () => {
      let handled = 0;
      const consumer = postgreSQLEventStoreConsumer({
        connectionString,
        // Not at its default of 50 ms between batches, which would be most of what is measured.
        pulling: { batchSize, pullingFrequencyInMs: 1 },
        stopWhen: { noMessagesLeft: true },
      });
      consumer.reactor({
        processorId: `replay-${randomUUID()}`,
        eachMessage: async () => {
          handled += 1;
        },
      });
      await consumer.start();
      await consumer.close();
      return handled;
    },
  };
};

const countMessages = async ({ pool }: BenchmarkDatabase): Promise<number> => {
  const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from emt_messages");
  return rows[0]?.n ?? 0;
};
