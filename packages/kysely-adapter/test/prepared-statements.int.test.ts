import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, type PostgresPool, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { annalsPool, createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate } from "./database/open.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";
import type { FrontendMessage } from "./wire/frontend-messages.ts";

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const proxy = await CountingProxy.open(connectionString);
const opened: Kysely<unknown>[] = [];
afterAll(async () => {
  await Promise.all(opened.map((db) => db.destroy()));
  await proxy.close();
});

const open = (wrap: (pool: pg.Pool) => PostgresPool, max = 1) => {
  const pool = new pg.Pool({ connectionString: proxy.connectionString, max });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: wrap(pool) }) });
  opened.push(db);
  return { db, accounts: createRepository(Account, { db }) };
};

const parsed = (sent: readonly FrontendMessage[]): (string | undefined)[] =>
  sent.filter(({ kind }) => kind === "Parse").map(({ name }) => name);

let made = 0;
const newEmail = (): string => {
  made += 1;
  return `${made}@example.com`;
};

describe("prepared statements", () => {
  it("are parsed once for each connection, under a name of ours", async () => {
    const { accounts } = open((pool) => annalsPool(pool));
    const emails = [newEmail(), newEmail(), newEmail()];
    const names: (string | undefined)[][] = [];
    for (const email of emails) {
      names.push(parsed(await proxy.during(() => accounts.create({ email }))));
    }
    expect(names).toEqual([[expect.stringMatching(/^annals_create_accounts_[0-9a-f]+$/)], [], []]);
    const found = await proxy.during(async () => {
      for (const email of emails) await accounts.findByEmail(email);
    });
    expect(parsed(found)).toEqual([expect.stringMatching(/^annals_find_accounts_email_key_/)]);
    const bound = found.filter(({ kind }) => kind === "Bind").map(({ name }) => name);
    expect(bound).toEqual(Array(3).fill(parsed(found)[0]));
  });

  it("have different names for different texts, and none over 63 bytes", async () => {
    const { accounts, db } = open((pool) => annalsPool(pool));
    const sent = await proxy.during(async () => {
      const one = await accounts.create({ email: newEmail() });
      one.rename("B");
      await accounts.update(one);
      one.rename("C");
      one.rename("D");
      await accounts.update(one);
      await accounts.findById(one.id);
      await accounts.findAll([one.id, crypto.randomUUID()]);
      await accounts.findByEmail(one.state.email);
      for (const orderBy of ["createdAt", "name", "id"] as const) {
        const page = await accounts.list({ orderBy, first: 1 });
        await accounts.list({ orderBy, first: 1, after: page.endCursor });
      }
    });
    const names = parsed(sent);
    expect(names).toHaveLength(sent.filter(({ kind }) => kind === "Bind").length);
    expect(new Set(names).size).toBe(names.length);
    const { rows } = await sql<{ name: string }>`
      select name from pg_prepared_statements`.execute(db);
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(names));
    for (const { name } of rows) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });

  it("are parsed on every connection of a pool", async () => {
    const { accounts } = open((pool) => annalsPool(pool), 4);
    const several = () =>
      Promise.all(Array.from({ length: 24 }, () => accounts.maybeFindByEmail(newEmail())));
    const names = parsed(await proxy.during(several));
    expect(new Set(names).size).toBe(1);
    expect(names.length).toBeGreaterThan(1);
    expect(names.length).toBeLessThanOrEqual(4);
  });

  it("are unnamed where they are switched off, and on a stock pool", async () => {
    const { accounts: off } = open((pool) => annalsPool(pool, { prepare: false }));
    const { accounts: stock } = open((pool) => pool);
    for (const accounts of [off, stock]) {
      const sent = await proxy.during(async () => {
        for (const email of [newEmail(), newEmail()]) await accounts.create({ email });
      });
      expect(parsed(sent)).toEqual(["", ""]);
    }
  });
});

describe("the user's own queries", () => {
  const queries = async (db: Kysely<unknown>): Promise<unknown[]> => {
    const run = async (query: { execute: (db: Kysely<unknown>) => Promise<{ rows: unknown[] }> }) =>
      (await query.execute(db)).rows;
    return [
      await run(sql`select 1::bigint as big, now() - now() as nothing, '{"a": 1}'::json as json`),
      await run(sql`select ${"text"}::text as text, ${7}::int as seven, ${[1, 2]}::int[] as list`),
      await run(sql`select timestamptz '2024-01-01T00:00:00Z' as at, date '2024-01-01' as day`),
      await run(sql.raw("select 1; select 2")),
      await db.transaction().execute((tx) => sql`select ${1}::int as one`.execute(tx)),
      await run(sql`select 1 / 0`).catch(({ message, code }) => [message, code]),
    ];
  };

  it("are sent byte for byte as without Annals, and read by the same parsers", async () => {
    const [ours, stock] = [open((pool) => annalsPool(pool)), open((pool) => pool)];
    for (const { accounts, db } of [ours, stock]) {
      await accounts.create({ email: newEmail() });
      await sql`set time zone 'UTC'`.execute(db);
    }
    let [results, expected]: [unknown, unknown] = [undefined, undefined];
    const sent = await proxy.during(async () => {
      results = await queries(ours.db);
    });
    const plain = await proxy.during(async () => {
      expected = await queries(stock.db);
    });
    expect(sent.map(({ bytes }) => bytes.toString("latin1"))).toEqual(
      plain.map(({ bytes }) => bytes.toString("latin1")),
    );
    expect(results).toEqual(expected);
    expect(plain.length).toBeGreaterThan(10);
  });
});
