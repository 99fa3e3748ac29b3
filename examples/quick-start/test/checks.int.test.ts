import { createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { start, unreadable } from "../src/checks.ts";
import { migrate, openDatabase } from "../src/database.ts";
import { User } from "../src/user.ts";

const { connectionString } = await testDatabase();
const db = openDatabase(connectionString);
beforeAll(() => migrate(db));
afterAll(() => db.destroy());

it("starts with the tables of the definition, and not without one of its guards", async () => {
  await start(db);
  await sql`drop trigger user_events_contiguous on user_events`.execute(db);
  await expect(start(db)).rejects.toThrow("trigger user_events.user_events_contiguous (user)");
});

it("reads what is stored", async () => {
  await createRepository(User, { db }).create({ email: "ada@example.com", name: "Ada" });
  expect(await unreadable(db)).toBe(0);
});
