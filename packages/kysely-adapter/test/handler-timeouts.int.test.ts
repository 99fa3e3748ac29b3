import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { consumers, createConsumer, createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

const database = await testDatabase({ name: "account", migrate: (url) => migrate(url, [Account]) });
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

describe("a handler that fails with statements on their way", () => {
  it.each([
    ["because it takes too long", 100, "ANNALS_HANDLER_TIMEOUT"],
    ["by an error", 60_000, null],
  ] as const)("commits none of them: %s", async (how, timeoutMs, code) => {
    const name = `left-behind-${code}`;
    await sql`create table if not exists notes (note text)`.execute(db);
    await createRepository(Account, { db }).create({ email: `${name}@example.com` });
    const consumer = createConsumer(db, {
      ...{ name, timeoutMs },
      topics: [Account],
      retry: { attempts: 1 },
      onEvent: async (_, { tx }) => {
        const slow = sql`insert into notes select 'slow' from pg_sleep(0.3)`.execute(tx);
        const queued = Array.from({ length: 5 }, () =>
          sql`insert into notes values ('queued')`.execute(tx).catch(() => {}),
        );
        const later = async (): Promise<void> => {
          for (let more = 0; more < 50; more += 1) {
            await sql`insert into notes values ('later')`.execute(tx).catch(() => {});
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        };
        const all = Promise.all([slow, ...queued]).then(later);
        if (code === null) throw new Error(how);
        await all;
      },
    });
    await consumer.catchUp();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await sql`select * from notes`.execute(db)).rows).toEqual([]);
    const letters = await consumers(db).deadLetters({ consumer: name });
    expect(letters.length).toBeGreaterThan(0);
    expect(letters.map(({ error }) => error?.code)).toContain(code);
  });
});
