import { readFile } from "node:fs/promises";
import { createRepository, verify } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { migrate, openDatabase } from "../src/database.ts";
import { User } from "../src/user.ts";

const { connectionString } = await testDatabase();
const db = openDatabase(connectionString);
const client = new pg.Client({ connectionString });
await client.connect();
afterAll(() => Promise.all([client.end(), db.destroy()]));

const script = (name: string) => readFile(new URL(`../src/${name}.sql`, import.meta.url), "utf8");

it("writes, replays and erases in SQL as the guides show, by roles that may do no more", async () => {
  await migrate(db);
  const name = `app_writer_${Math.random().toString(36).slice(2)}`;
  await client.query(`create role ${name}`);
  try {
    await client.query((await script("writer-role")).replaceAll("app_writer", name));
    await client.query(`set session authorization ${name}`);
    await client.query(await script("append-from-sql"));
    for (const statement of [
      "update user_events set context = null",
      "delete from user_events",
      "truncate user_events",
      "delete from users",
      await script("erase"),
    ]) {
      await expect(client.query(statement)).rejects.toMatchObject({ code: "42501" });
    }
    await client.query("reset session authorization");
    const users = createRepository(User, { db });
    const ada = await users.findByEmail("ada@example.com");
    expect([ada.version, ada.state.status]).toEqual([2, "suspended"]);
    expect(await verify(db, User)).toMatchObject({ differing: 0 });

    const erased = (await client.query(await script("erase"))) as unknown as pg.QueryResult[];
    expect(erased[1]?.rows).toMatchObject([{ sequence: 1, reason: "request 2031" }]);
    expect((await users.findById(ada.id)).state.name).toBe("erased");
    // The index row still has what was erased, until it is rebuilt.
    expect(await verify(db, User)).toMatchObject({ differing: 1 });
  } finally {
    await client.query("reset session authorization");
    await client.query(`drop owned by ${name}; drop role ${name}`);
  }
});
