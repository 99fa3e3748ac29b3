import { createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cachedUsers } from "../src/cache.ts";
import { migrate, openDatabase } from "../src/database.ts";
import { User } from "../src/user.ts";

const { connectionString } = await testDatabase();
const db = openDatabase(connectionString);
beforeAll(() => migrate(db));
afterAll(() => db.destroy());

it("reads what others wrote, through a cache", async () => {
  const [users, others] = [cachedUsers(db), createRepository(User, { db })];
  const { id } = await others.create({ email: "ada@example.com", name: "Ada" });
  await users.findById(id);
  await others.transact(id, (user) => user.changeEmail("countess@example.com"));
  expect((await users.findById(id)).state.email).toBe("countess@example.com");
});
