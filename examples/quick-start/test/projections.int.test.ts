import { createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, expect, it } from "vitest";
import { migrate, openDatabase } from "../src/database.ts";
import { countedUsers, signupsPerDay } from "../src/projections.ts";
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
  await signupsPerDay(db).catchUp();
  expect(await count()).toBe(2);

  const inline = countedUsers(db);
  await inline.users.create({ email: "eve@example.com", name: "Eve" });
  expect(await count()).toBe(3);
});
