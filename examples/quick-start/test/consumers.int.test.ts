import { readFile } from "node:fs/promises";
import { consumers, createRepository, entityMigration } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, expect, it } from "vitest";
import { activity, afterTheFix, newsletter, signupsByDay, welcome } from "../src/consumers.ts";
import { migrate, openDatabase } from "../src/database.ts";
import { needingSomebody } from "../src/health.ts";
import { openHints } from "../src/hints.ts";
import { Order, OrderId } from "../src/order.ts";
import { registerAndCount } from "../src/read-your-writes.ts";
import { User } from "../src/user.ts";

const database = await testDatabase();
const db = openDatabase(database.connectionString);
await migrate(db);
await entityMigration(Order).up(db);
afterAll(() => db.destroy());

it("consumes as the guide shows", async () => {
  const users = createRepository(User, { db });
  const ada = await users.create({ email: "ada@example.com", name: "Ada" });
  const id = OrderId.parse(crypto.randomUUID());
  const order = { shop: "s", number: 1, customerId: ada.id, cents: 100n };
  await createRepository(Order, { db }).create(order, { id });
  await users.create({ email: "bob@example.com", name: "Bob" });

  const lines: string[] = [];
  await activity(db, (line) => lines.push(line)).catchUp();
  expect(lines).toEqual(["Ada registered", `order ${id} placed`, "Bob registered"]);

  await signupsByDay(db).catchUp();
  await signupsByDay(db).catchUp();
  const { count } = await db.selectFrom("signups").select("count").executeTakeFirstOrThrow();
  expect(count).toBe(2);

  const mails: string[] = [];
  const send = async (to: string) => void mails.push(to);
  await welcome(db, { send }).catchUp();
  expect(mails.toSorted()).toEqual(["ada@example.com", "bob@example.com"]);

  await users.create({ email: "test@example.org", name: "Test" });
  await newsletter(db, { send }, () => true).catchUp();
  expect(mails).toHaveLength(4);
  const discarded = { consumer: "newsletter", status: ["discarded"] } as const;
  expect(await consumers(db).deadLetters(discarded)).toMatchObject([{ reason: "a test account" }]);
  await afterTheFix(db);
});

it("reads what a consumer made of a write", async () => {
  const hints = openHints(db, database.connectionString);
  const stop = new AbortController();
  const running = signupsByDay(db).run({ signal: stop.signal });
  const rows = await registerAndCount(db, "waits@example.com");
  expect(rows.map(({ count }) => count)).toContain(4);
  expect(await needingSomebody(db)).toEqual([]);
  const lag = await readFile(new URL("../src/lag.sql", import.meta.url), "utf8");
  for (const text of lag.split(/;\n+/).filter((one) => one !== "")) {
    await sql.raw(text).execute(db);
  }
  stop.abort();
  await running;
  await hints.close();
});
