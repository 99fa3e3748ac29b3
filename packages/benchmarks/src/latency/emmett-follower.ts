import type { Event } from "@event-driven-io/emmett";
import type { ConnectedDatabase } from "../connected-database.ts";
import type { Following, OnHandled } from "./follower.ts";
import { monotonicMs } from "./monotonic-ms.ts";

type UserRenamed = Event<"UserRenamed", { readonly name: string }>;

/** As many events at a time as Annals has by default, which is Emmett's default as well. */
const BATCH_SIZE = 100;

/** Follows Emmett's store from now on, until what it returns is called. */
export const followEmmett = async (
  { connectionString, pool }: ConnectedDatabase,
  { consumer: processorId }: Following,
  onHandled: OnHandled,
): Promise<() => Promise<void>> => {
  // Loaded late: it replaces parsers of `pg` for all of the thread.
  const { postgreSQLEventStoreConsumer } = await import("@event-driven-io/emmett-postgresql");
  const consumer = postgreSQLEventStoreConsumer<UserRenamed>({
    connectionString,
    // Not its default of 50 ms between two full batches, which would be most of what is measured.
    pulling: { batchSize: BATCH_SIZE, pullingFrequencyInMs: 1 },
  });
  const { rows } = await pool.query<{ last: string | null }>(
    "select max(global_position)::text as last from emt_messages",
  );
  consumer.reactor<UserRenamed>({
    processorId,
    // What it takes for "END" is its first message.
    startFrom: { lastCheckpoint: BigInt(rows[0]?.last ?? 0) },
    eachMessage: async ({ data }) => onHandled(data.name, monotonicMs()),
  });
  const running = consumer.start();
  return async () => {
    await consumer.stop();
    await running;
    await consumer.close();
  };
};
