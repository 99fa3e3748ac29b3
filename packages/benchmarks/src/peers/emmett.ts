import { oncePerDatabase } from "./once-per-database.ts";
import type { PeerUsers } from "./peer-users.ts";

/** What a stream of Emmett holds of a user. */
type UserEvent =
  | {
      readonly type: "UserRegistered";
      readonly data: { readonly email: string; readonly name: string };
    }
  | { readonly type: "UserRenamed"; readonly data: { readonly name: string } };

interface User {
  readonly email: string;
  readonly name: string;
}

/** Opens Emmett's event store once for each database, on the same pool as everybody else. */
export const emmettUsers = oncePerDatabase(async ({ pool }): Promise<PeerUsers> => {
  // Loaded late: it replaces parsers of `pg` for the whole process.
  const { CommandHandler } = await import("@event-driven-io/emmett");
  const { getPostgreSQLEventStore } = await import("@event-driven-io/emmett-postgresql");
  const store = getPostgreSQLEventStore("", {
    schema: { autoMigration: "None" },
    connectionOptions: { pool },
  });
  await store.schema.migrate();
  const evolve = (state: User, { data }: UserEvent): User => ({ ...state, ...data });
  const initialState = (): User => ({ email: "", name: "" });
  const handle = CommandHandler<User, UserEvent>({ evolve, initialState });
  return {
    name: "emmett",
    create: async (id, data) => {
      const options = { expectedStreamVersion: "STREAM_DOES_NOT_EXIST" } as const;
      await store.appendToStream<UserEvent>(id, [{ type: "UserRegistered", data }], options);
    },
    append: async (id, version, name) => {
      const options = { expectedStreamVersion: BigInt(version) };
      await store.appendToStream<UserEvent>(id, [{ type: "UserRenamed", data: { name } }], options);
    },
    read: async (id) => {
      const { state } = await store.aggregateStream<User, UserEvent>(id, { evolve, initialState });
      return state.name;
    },
    rename: async (id, name) => {
      await handle(store, id, ({ name: before }) =>
        before === name ? [] : [{ type: "UserRenamed", data: { name } }],
      );
    },
  };
});
