import { type Event, isExpectedVersionConflictError } from "@event-driven-io/emmett";
import { type Connection, type Driver, VersionConflict, type Writer } from "../driver.ts";
import { survivingPool } from "./broken-connections.ts";
import { peerVersion } from "./peer-version.ts";

type Noted = Event<"Noted", { readonly id: number }>;

// Loaded late: it replaces parsers of `pg` for the whole process.
const load = () => import("@event-driven-io/emmett-postgresql");

const openWriter = async (
  { connectionString, connections }: Connection,
  { isStrict }: EmmettVariant,
): Promise<Writer> => {
  const { getPostgreSQLEventStore } = await load();
  const pool = survivingPool(connectionString, connections);
  const store = getPostgreSQLEventStore(connectionString, {
    schema: { autoMigration: "None" },
    connectionOptions: { pool },
  });
  return {
    read: async (stream) => {
      const { events, currentStreamVersion, streamExists } = await store.readStream<Noted>(stream);
      // By the name, as its CommandHandler does; the number 0 is compared, the name is not.
      const expectedStreamVersion =
        streamExists || isStrict ? currentStreamVersion : "STREAM_DOES_NOT_EXIST";
      return {
        ids: events.map(({ data }) => Number(data.id)),
        append: async (ids) => {
          const noted = ids.map((id): Noted => ({ type: "Noted", data: { id } }));
          await store
            .appendToStream<Noted>(stream, noted, { expectedStreamVersion })
            .catch((error: unknown) => {
              throw isExpectedVersionConflictError(error)
                ? new VersionConflict("", { cause: error })
                : error;
            });
        },
      };
    },
    close: async () => {
      await store.close();
      if (!pool.ended) await pool.end();
    },
  };
};

export interface EmmettVariant {
  readonly name: string;
  readonly options: string;
  /** How many messages are read at a time. Default is Emmett's. */
  readonly batchSize?: number;
  /** Whether a new stream is expected at version 0 by its number. */
  readonly isStrict: boolean;
}

export const emmettDriver = (variant: EmmettVariant): Driver => ({
  name: variant.name,
  version: peerVersion("@event-driven-io/emmett-postgresql"),
  options: variant.options,
  install: async (connectionString) => {
    const { getPostgreSQLEventStore } = await load();
    const store = getPostgreSQLEventStore(connectionString, { schema: { autoMigration: "None" } });
    await store.schema.migrate();
    await store.close();
  },
  openWriter: (connection) => openWriter(connection, variant),
  follow: async ({ connectionString }, deliver, signal) => {
    const { postgreSQLEventStoreConsumer } = await load();
    const { batchSize } = variant;
    const consumer = postgreSQLEventStoreConsumer<Noted>({
      connectionString,
      ...(batchSize !== undefined && { pulling: { batchSize } }),
    });
    consumer.reactor<Noted>({
      processorId: "prove",
      // The same in every process, so that one that was killed can be succeeded at once.
      processorInstanceId: "prove",
      eachMessage: async ({ data, metadata }, { connection }) => {
        const { id } = data;
        await deliver([{ stream: metadata.streamName, id: Number(id) }], (text, values) =>
          connection.client.query(text, values),
        );
      },
    });
    const stop = () => void consumer.stop();
    signal.addEventListener("abort", stop, { once: true });
    // Not closed: that may wait for what broke, and the process ends.
    await consumer.start();
  },
});
