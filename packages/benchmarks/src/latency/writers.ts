import { randomUUID } from "node:crypto";
import { createRepository } from "@annals/kysely-adapter";
import type { ConnectedDatabase } from "../connected-database.ts";
import { User } from "../entity.ts";
import type { System } from "./way.ts";

/** Users that each writer gives new names, in turn: enough to have some in every slot. */
const USERS_PER_WRITER = 16;

/** Several writers who each append to users of their own, so that nothing ever conflicts. */
export interface Writers {
  readonly count: number;
  /** What tells their events from those of others. */
  readonly label: string;
  /** Gives one of the writer's users these names, one after the other, in one append. */
  append(writer: number, names: readonly string[]): Promise<void>;
}

export const openWriters = (
  system: System,
  database: ConnectedDatabase,
  count: number,
): Promise<Writers> =>
  system === "annals" ? annalsWriters(database, count) : emmettWriters(database, count);

const annalsWriters = async ({ db }: ConnectedDatabase, count: number): Promise<Writers> => {
  const users = createRepository(User, { db: db.withSchema("guarded") });
  const inputs = Array.from({ length: count * USERS_PER_WRITER }, () => ({
    email: `${randomUUID()}@latency.example.com`,
    name: "Ada",
  }));
  const next = shared(await users.createAll(inputs), count);
  return {
    count,
    label: randomUUID(),
    append: async (writer, names) => {
      const user = next(writer);
      for (const name of names) user.rename(name);
      await users.update(user);
    },
  };
};

const emmettWriters = async (
  { peerPool: pool }: ConnectedDatabase,
  count: number,
): Promise<Writers> => {
  // Loaded late: it replaces parsers of `pg` for the whole process.
  const { getPostgreSQLEventStore } = await import("@event-driven-io/emmett-postgresql");
  const store = getPostgreSQLEventStore("", {
    schema: { autoMigration: "None" },
    connectionOptions: { pool },
  });
  await store.schema.migrate();
  const streams = Array.from({ length: count * USERS_PER_WRITER }, () => ({
    id: `latency-${randomUUID()}`,
    version: 0n,
  }));
  const next = shared(streams, count);
  return {
    count,
    label: randomUUID(),
    append: async (writer, names) => {
      const stream = next(writer);
      const renamed = names.map((name) => ({ type: "UserRenamed", data: { name } }) as const);
      const options = {
        expectedStreamVersion: stream.version === 0n ? NEW_STREAM : stream.version,
      } as const;
      const { nextExpectedStreamVersion } = await store.appendToStream(stream.id, renamed, options);
      stream.version = nextExpectedStreamVersion;
    },
  };
};

const NEW_STREAM = "STREAM_DOES_NOT_EXIST" as const;

/** What hands each of so many owners another one of its own items every time. */
const shared = <Item>(items: readonly Item[], owners: number): ((owner: number) => Item) => {
  const each = items.length / owners;
  const turns = Array.from({ length: owners }, () => 0);
  return (owner) => {
    const turn = turns[owner] ?? 0;
    turns[owner] = (turn + 1) % each;
    return items[owner * each + turn] as Item;
  };
};
