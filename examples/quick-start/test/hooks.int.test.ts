import { DuplicateValueError } from "@annals/core";
import {
  annalsPool,
  createRepository,
  entityMigration,
  frameworkMigrations,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { importUsers, publishingUsers, rename, signUp } from "../src/hooks.ts";
import { User } from "../src/user.ts";

const { connectionString } = await testDatabase();
const db = new Kysely<{ outbox: { topic: string; payload: string } }>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
afterAll(() => db.destroy());
for (const { up } of Object.values(frameworkMigrations)) await up(db);
await entityMigration(User).up(db);
await sql`create table outbox (topic text, payload text)`.execute(db);
const users = createRepository(User, { db });

const topics = async () => {
  const rows = await db.selectFrom("outbox").select("topic").execute();
  return rows.map(({ topic }) => topic);
};

it("publishes with the commit, and forgets what is cached after it", async () => {
  const cache = new Map([["number of users", 0]]);
  await signUp(db, users, cache, ["a@example.com", "b@example.com"]);
  expect(await topics()).toEqual(["signed-up", "signed-up"]);
  expect(cache.size).toBe(0);
  cache.set("number of users", 2);
  const refused = signUp(db, users, cache, ["c@example.com", "a@example.com"]);
  await expect(refused).rejects.toThrow(DuplicateValueError);
  expect(await topics()).toHaveLength(2);
  expect(cache.get("number of users")).toBe(2);
});

it("imports what it can", async () => {
  const failed = await importUsers(db, users, ["d@example.com", "a@example.com", "e@example.com"]);
  expect([...failed.keys()]).toEqual(["a@example.com"]);
  expect(failed.get("a@example.com")).toBeInstanceOf(DuplicateValueError);
  expect(await users.count()).toBe(4);
});

it("publishes whatever is appended", async () => {
  await db.deleteFrom("outbox").execute();
  const publishing = publishingUsers(db);
  const user = await publishing.create({ email: "f@example.com", name: "F" });
  user.changeEmail("g@example.com");
  await publishing.update(user);
  expect(await topics()).toEqual(["UserRegistered", "EmailChanged"]);
});

it("renames in a transaction", async () => {
  const { id } = await users.create({ email: "h@example.com", name: "H" });
  await rename(db, id, "i@example.com");
  expect((await users.findById(id)).state.email).toBe("i@example.com");
});
