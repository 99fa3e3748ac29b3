import { createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, expect, it } from "vitest";
import { migrate, openDatabase } from "../src/database.ts";
import { countedUsers, rebuildSignups, signupsPerDay, verifySignups } from "../src/projections.ts";
import { User } from "../src/user.ts";

const database = await testDatabase();
const db = openDatabase(database.connectionString);
await migrate(db);
afterAll(() => db.destroy());

const count = async (): Promise<number> => {
  const rows = await db.selectFrom("signups").select("count").execute();
  return rows.reduce((sum, row) => sum + row.count, 0);
};

it("projects as the guide shows", async () => {
  const users = createRepository(User, { db });
  await users.create({ email: "ada@example.com", name: "Ada" });
  await signupsPerDay(db).catchUp();
  expect(await count()).toBe(1);

  await users.create({ email: "bob@example.com", name: "Bob" });
  const lines: string[] = [];
  await rebuildSignups(db, new AbortController().signal, (line) => lines.push(line));
  expect(await count()).toBe(2);
  expect(lines.at(-1)).toMatch(/^\d+ of \d+$/);
  expect((await signupsPerDay(db).status()).old).toEqual([]);

  const found: string[] = [];
  await verifySignups(db, (line) => found.push(line));
  expect(found).toEqual([]);
  await db.updateTable("signups").set({ count: 7 }).execute();
  await verifySignups(db, (line) => found.push(line));
  expect(found[0]).toBe('"public"."signups": 1 rows too many, 1 too few');
  expect(found[1]).toContain('"count":"7"');
  await db.updateTable("signups").set({ count: 2 }).execute();

  const inline = countedUsers(db);
  await inline.users.create({ email: "eve@example.com", name: "Eve" });
  expect(await count()).toBe(3);
  expect((await inline.signups.rebuild()).finished).toBe(true);
  expect(await count()).toBe(3);
});
