import { ConcurrentModificationError, defineEntity, EntityAlreadyExistsError } from "@annals/core";
import {
  annalsPool,
  createConsumer,
  createRepository,
  entityMigration,
  frameworkMigrations,
  transaction,
} from "@annals/kysely-adapter";
import { CompiledQuery, Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import { Migrator } from "kysely/migration";
import * as z from "zod";
import {
  type Connection,
  type Driver,
  type StreamAtVersion,
  VersionConflict,
  type Writer,
} from "../driver.ts";
import { survivingPool } from "./broken-connections.ts";

const Stream = defineEntity({
  name: "stream",
  idSource: "caller",
  schema: z.object({ ids: z.array(z.int()) }),
  events: { Begun: z.object({ ids: z.array(z.int()) }), Noted: z.object({ id: z.int() }) },
  create: (input: { ids: readonly number[] }) => ({ type: "Begun", ids: [...input.ids] }),
  evolve: {
    Begun: (_, { ids }) => ({ ids }),
    Noted: ({ ids }, { id }) => ({ ids: [...ids, id] }),
  },
  commands: { note: (_, id: number) => ({ type: "Noted", id }) },
  index: {},
});

export interface AnnalsVariant {
  readonly name: string;
  readonly options: string;
  readonly slots: number;
  readonly batchSize: number;
}

const connect = ({ connectionString, isPooled, connections }: Connection): Kysely<unknown> =>
  new Kysely<unknown>({
    dialect: new PostgresDialect({
      pool: annalsPool(survivingPool(connectionString, connections), { prepare: !isPooled }),
    }),
  });

const openWriter = (connection: Connection): Writer => {
  const db = connect(connection);
  const streams = createRepository(Stream, { db });
  const read = async (
    id: string,
    tx: Transaction<unknown> | "none" = "none",
  ): Promise<StreamAtVersion> => {
    const stream = await streams.maybeFindById(id, { tx });
    const append = async (ids: readonly number[]): Promise<void> => {
      if (stream === undefined) {
        await streams.create({ ids }, { id, tx });
      } else {
        for (const each of ids) stream.note(each);
        await streams.update(stream, { tx });
      }
    };
    return {
      ids: stream?.state.ids ?? [],
      append: (ids) =>
        append(ids).catch((error: unknown) => {
          throw isConflict(error) ? new VersionConflict("", { cause: error }) : error;
        }),
    };
  };
  return {
    read: (id) => read(id),
    transaction: (work) =>
      transaction(db, (tx) =>
        work({
          read: (id) => read(id, tx),
          writeElsewhere: async () => {
            await sql`insert into prove.elsewhere values ('early')`.execute(tx);
          },
        }),
      ),
    close: () => db.destroy(),
  };
};

const isConflict = (error: unknown): boolean =>
  error instanceof ConcurrentModificationError || error instanceof EntityAlreadyExistsError;

export const annalsDriver = ({ name, options, slots, batchSize }: AnnalsVariant): Driver => ({
  name,
  version: "this checkout",
  options,
  install: async (connectionString) => {
    const db = connect({ connectionString, isPooled: false, connections: 1 });
    const migrations = { ...frameworkMigrations, entity_streams: entityMigration(Stream) };
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error } = await migrator.migrateToLatest();
    await db.destroy();
    if (error !== undefined) throw error;
  },
  openWriter,
  follow: async (connection, deliver, signal) => {
    const db = connect(connection);
    const consumer = createConsumer(db, {
      name: "prove",
      topics: [Stream],
      slots,
      leaseMs: 500,
      pollIntervalMs: 20,
      batch: {
        size: batchSize,
        handle: (events, { tx }) =>
          deliver(
            events.flatMap(({ event, meta }) =>
              (event.type === "Begun" ? event.ids : [event.id]).map((id) => ({
                stream: meta.entityId,
                id,
              })),
            ),
            (text, values) => tx.executeQuery(CompiledQuery.raw(text, values)),
          ),
      },
    });
    try {
      await consumer.run({ signal });
    } finally {
      await db.destroy();
    }
  },
});
