import type { BenchmarkDatabase } from "../database.ts";

/** What a stream of Emmett holds of a user. */
type UserEvent =
  | {
      readonly type: "UserRegistered";
      readonly data: { readonly email: string; readonly name: string };
    }
  | { readonly type: "UserRenamed"; readonly data: { readonly name: string } };

/** Emmett's event store on the benchmark's database, as far as the cases use it. */
export interface EmmettUsers {
  /** Starts a stream. Emmett has no call over several streams. */
  create(id: string, input: { readonly email: string; readonly name: string }): Promise<void>;
  /** Reads a stream; returns the number of its events. */
  read(id: string): Promise<number>;
  /** Folds a stream and appends to it at its version, as its command handler does. */
  rename(id: string, name: string): Promise<void>;
}

const opened = new WeakMap<BenchmarkDatabase, Promise<EmmettUsers>>();

/** Opens Emmett once for each database, on the same pool as everybody else. */
export const emmettUsers = (database: BenchmarkDatabase): Promise<EmmettUsers> => {
  const known = opened.get(database);
  if (known !== undefined) return known;
  const made = openEmmett(database);
  opened.set(database, made);
  return made;
};

const openEmmett = async ({ pool }: BenchmarkDatabase): Promise<EmmettUsers> => {
  // Loaded late: it replaces parsers of `pg` for the whole process.
  const { CommandHandler } = await import("@event-driven-io/emmett");
  const { getPostgreSQLEventStore } = await import("@event-driven-io/emmett-postgresql");
  const store = getPostgreSQLEventStore("", {
    schema: { autoMigration: "None" },
    connectionOptions: { pool },
  });
  await store.schema.migrate();
  const handle = CommandHandler<{ name: string }, UserEvent>({
    evolve: (state, { data }) => ({ ...state, name: data.name }),
    initialState: () => ({ name: "" }),
  });
  return {
    create: async (id, data) => {
      const options = { expectedStreamVersion: "STREAM_DOES_NOT_EXIST" } as const;
      await store.appendToStream<UserEvent>(id, [{ type: "UserRegistered", data }], options);
    },
    read: async (id) => (await store.readStream<UserEvent>(id)).events.length,
    rename: async (id, name) => {
      await handle(store, id, ({ name: before }) =>
        before === name ? [] : [{ type: "UserRenamed", data: { name } }],
      );
    },
  };
};
