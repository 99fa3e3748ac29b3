import { type Generated, Kysely, PostgresDialect } from "kysely";
import { oncePerDatabase } from "./once-per-database.ts";
import type { PeerUsers } from "./peer-users.ts";

interface Database {
  "plain.users": {
    id: string;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    version: Generated<number>;
    email: string;
    name: string;
    status: Generated<"active" | "suspended">;
  };
}

const TABLE = `create schema plain;
create table plain.users (
  id uuid primary key,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  version int not null default 1,
  email text collate "C" not null unique,
  name text not null check (name <> ''),
  status text not null default 'active' check (status in ('active', 'suspended'))
);
create index on plain.users (status)`;

/** A user kept in one row and changed in place: what leaving event sourcing out would cost. */
export interface PlainUsers extends PeerUsers {
  /** Reads a page by creation time; returns its length. */
  list(first: number): Promise<number>;
}

/** Creates the table once for each database; Kysely is used as its documentation has it. */
export const plainUsers = oncePerDatabase(async ({ pool }): Promise<PlainUsers> => {
  await pool.query(TABLE);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const byId = (id: string) =>
    db.selectFrom("plain.users").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  const append: PeerUsers["append"] = async (id, version, name) => {
    const { numUpdatedRows } = await db
      .updateTable("plain.users")
      .set({ name, version: version + 1, updated_at: new Date() })
      .where("id", "=", id)
      .where("version", "=", version)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new Error("An update of the benchmark met another version");
  };
  return {
    name: "no events: Kysely, one row",
    create: async (id, input) => {
      await db
        .insertInto("plain.users")
        .values({ id, ...input })
        .execute();
    },
    append,
    read: async (id) => (await byId(id)).name,
    rename: async (id, name) => {
      const user = await byId(id);
      if (user.status === "active" && user.name !== name) await append(id, user.version, name);
    },
    list: async (first) => {
      const page = db.selectFrom("plain.users").selectAll().orderBy("created_at").orderBy("id");
      return (await page.limit(first).execute()).length;
    },
  };
});
