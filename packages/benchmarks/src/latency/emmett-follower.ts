import type { Event } from "@event-driven-io/emmett";
import type { Following, OnHandled } from "./follower.ts";
import type { LatencyDatabase } from "./latency-database.ts";
import { monotonicMs } from "./monotonic-ms.ts";

type UserRenamed = Event<"UserRenamed", { readonly name: string }>;

/** As many events at a time as Annals has by default, which is Emmett's default as well. */
const BATCH_SIZE = 100;

/** Follows Emmett's store from now on, until what it returns is called. */
export const followEmmett = async (
  { connectionString }: LatencyDatabase,
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
  consumer.reactor<UserRenamed>({
    processorId,
    startFrom: "END",
    eachMessage: async ({ data }) => onHandled(data.name, monotonicMs()),
  });
  const running = consumer.start();
  return async () => {
    await consumer.stop();
    await running;
    await consumer.close();
  };
};
