import { testDatabase } from "@annals/testing/vitest";
import fc from "fast-check";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { annalsPool, createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate } from "./database/open.ts";

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const pool = new pg.Pool({ connectionString, max: 24 });
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
const accounts = createRepository(Account, { db });
afterAll(() => db.destroy());

let made = 0;
const fresh = () => {
  made += 1;
  return { email: `${made}@example.com`, idempotencyKey: `key-${made}` };
};

describe("requests that are retried at random", () => {
  const request = fc.record({
    /** Which of the requests, and how often it arrives. */
    arrivals: fc.integer({ min: 1, max: 4 }),
    events: fc.integer({ min: 1, max: 3 }),
    /** How many of its tries are in transactions that roll back. */
    rolledBack: fc.integer({ min: 0, max: 2 }),
  });

  it("take effect once each, whoever tries when, and however tries end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const { id } = await accounts.create({ email: fresh().email });
        const tries = requests.flatMap(({ arrivals, events, rolledBack }) => {
          const { idempotencyKey } = fresh();
          const options = { idempotencyKey, attempts: 100, pauseMs: 5 };
          const decide = (account: Awaited<ReturnType<typeof accounts.findById>>) => {
            for (let at = 0; at < events; at += 1) account.rename(`${idempotencyKey} ${at}`);
          };
          const commits = () => accounts.transact(id, decide, options);
          const rollsBack = () =>
            transaction(db, async (tx) => {
              await accounts.transact(id, decide, { ...options, tx });
              throw new Error("rolled back");
            }).catch(() => {});
          return [
            ...Array.from({ length: rolledBack }, () => rollsBack),
            ...Array.from({ length: arrivals }, () => commits),
          ];
        });
        await Promise.all(tries.map((once) => once()));
        const expected = requests.reduce((sum, { events }) => sum + events, 1);
        const { version, history } = await accounts.findById(id);
        expect(version).toBe(expected);
        const names = history.flatMap((event) =>
          event.type === "AccountRenamed" ? [event.name] : [],
        );
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 15 },
    );
  });
});
