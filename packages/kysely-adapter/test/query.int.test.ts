import { type DatabaseOf, InvalidArgumentError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { annalsPool, createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

type Tables = DatabaseOf<[typeof Account]> & {
  payments: { account_id: string; amount: number };
};

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const db = openDatabase<Tables>(connectionString);
const accounts = createRepository(Account, { db });
const names = (found: readonly { state: { name: string } }[]) =>
  found.map(({ state }) => state.name);

beforeAll(async () => {
  await sql`create table payments (account_id uuid not null, amount int not null)`.execute(db);
});
afterAll(() => db.destroy());

let ids: string[] = [];
beforeEach(async () => {
  await sql`truncate payments`.execute(db);
  await sql`alter table account_events disable trigger all`.execute(db);
  await sql`delete from account_events`.execute(db);
  await sql`alter table account_events enable trigger all`.execute(db);
  await sql`delete from accounts`.execute(db);
  ids = [];
  for (const name of ["Ada", "Bob", "Cleo"]) {
    const account = await accounts.create({ email: `${name}@example.com`, name: "?" });
    account.rename(name);
    await accounts.update(account);
    ids.push(account.id);
  }
});

const pay = (id: string, amount: number) =>
  db.insertInto("payments").values({ account_id: id, amount }).execute();

describe("query", () => {
  it("returns whole entities in the query's order", async () => {
    await pay(ids[0] as string, 5);
    await pay(ids[2] as string, 50);
    await pay(ids[1] as string, 20);
    const byAmount = (direction: "asc" | "desc") =>
      accounts.query((own) =>
        own
          .selectFrom("accounts")
          .innerJoin("payments", "payments.account_id", "accounts.id")
          .where("payments.amount", ">", 5)
          .orderBy("payments.amount", direction)
          .select("accounts.id"),
      );
    const found = await byAmount("desc");
    expect(names(found)).toEqual(["Cleo", "Bob"]);
    expect(found[0]?.history.map(({ type }) => type)).toEqual(["AccountOpened", "AccountRenamed"]);
    expect(names(await byAmount("asc"))).toEqual(["Bob", "Cleo"]);
    found[0]?.rename("Cleopatra");
    expect(await accounts.update(found[0] as (typeof found)[0])).toBe(1);
  });

  it("keeps the order of many, whatever the join to the index table", async () => {
    const made: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      made.push((await accounts.create({ email: `${n}@example.com`, name: `${n}` })).id);
    }
    for (const [n, id] of made.entries()) await pay(id, (n * 37) % 60);
    await sql`analyze accounts, payments`.execute(db);
    for (const forced of ["nestloop", "hashjoin", "mergejoin"]) {
      await transaction(db, async (tx) => {
        for (const other of ["nestloop", "hashjoin", "mergejoin"]) {
          await sql`select set_config(${`enable_${other}`}, ${other === forced ? "on" : "off"}, true)`.execute(
            tx,
          );
        }
        const found = await accounts.query(
          (own) => own.selectFrom("payments").orderBy("amount").select("account_id as id"),
          { tx },
        );
        const expected = made
          .map((id, n) => ({ id, amount: (n * 37) % 60 }))
          .sort((one, other) => one.amount - other.amount);
        expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      });
    }
  });

  it("returns an entity once, at its first place, and leaves out ids of nobody", async () => {
    for (const [at, amount] of [
      [1, 3],
      [0, 2],
      [1, 1],
    ] as const)
      await pay(ids[at] as string, amount);
    await pay(crypto.randomUUID(), 9);
    const found = await accounts.query((own) =>
      own.selectFrom("payments").orderBy("amount").select("account_id as id"),
    );
    expect(names(found)).toEqual(["Bob", "Ada"]);
  });

  it("passes parameters on, and takes raw SQL with a comment at its end, texts as ids too", async () => {
    const found = await accounts.query(
      () => sql<{ id: string }>`select id::text as id, ${"x"}::text as x from accounts
        where name = any (${["Ada", "Cleo"]}) order by name desc -- that is all`,
    );
    expect(names(found)).toEqual(["Cleo", "Ada"]);
  });

  it("finds nothing", async () => {
    const none = await accounts.query((own) =>
      own.selectFrom("accounts").where("name", "=", "Nobody").select("id"),
    );
    expect(none).toEqual([]);
  });

  it("reads in its transaction, locks there, and does not forget to join one", async () => {
    await transaction(db, async (tx) => {
      const dora = await accounts.create({ email: "dora@example.com", name: "Dora" }, { tx });
      const found = await accounts.query(
        (own) => own.selectFrom("accounts").orderBy("name").select("id").forUpdate(),
        { tx },
      );
      expect(names(found)).toContain("Dora");
      await expect(
        accounts.query((own) => own.selectFrom("accounts").select("id")),
      ).rejects.toMatchObject({ code: "ANNALS_TRANSACTION_NOT_JOINED" });
      const outside = await accounts.query((own) => own.selectFrom("accounts").select("id"), {
        tx: "none",
      });
      expect(outside.map(({ id }) => id)).not.toContain(dora.id);
      const locked = await sql`select from accounts for update skip locked`.execute(db);
      expect(locked.rows).toHaveLength(0);
    });
  });

  it("is prepared under a name of ours, once for each text, up to a bound", async () => {
    const other = new Kysely<Tables>({
      dialect: new PostgresDialect({
        pool: annalsPool(new pg.Pool({ connectionString, max: 1 })),
      }),
    });
    const own = createRepository(Account, { db: other });
    for (let n = 0; n < 110; n += 1) {
      const text = sql.raw(`select id from accounts where ${n} = ${n}`) as never;
      await own.query(() => text);
      await own.query(() => text);
    }
    const { rows } = await sql<{ count: string }>`
      select count(*) from pg_prepared_statements where name like 'annals_query_accounts_%'`.execute(
      other,
    );
    expect(Number(rows[0]?.count)).toBe(100);
    await other.destroy();
  });

  it("leaves the user's plugins to the user's query, and keeps them off ours", async () => {
    type Camel = { accounts: { id: string; tenantId: string; createdAt: Date } };
    const camel = openDatabase<Camel>(connectionString).withPlugin(new CamelCasePlugin());
    const found = await createRepository(Account, { db: camel }).query((own) =>
      own.selectFrom("accounts").where("tenantId", "=", "t").orderBy("createdAt").select("id"),
    );
    expect(names(found)).toEqual(["Ada", "Bob", "Cleo"]);
    await camel.destroy();
  });

  it("works on a stock pool", async () => {
    const stock = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }),
    });
    const found = await createRepository(Account, { db: stock }).query((own) =>
      own.selectFrom("accounts").orderBy("name", "desc").limit(1).select("id"),
    );
    expect(names(found)).toEqual(["Cleo"]);
    await stock.destroy();
  });
});

describe("query refuses", () => {
  it.each<[string, (own: typeof db) => unknown, RegExp]>([
    ["nothing", () => undefined, /no query/],
    ["a promise", (own) => own.selectFrom("accounts").select("id").execute(), /no query/],
    [
      "what writes",
      (own) => own.deleteFrom("payments").returning("account_id as id"),
      /does not select/,
    ],
    [
      "what cannot be compiled",
      () => ({
        compile: () => {
          throw new Error("a plugin's");
        },
      }),
      /could not compile/,
    ],
  ])("%s", async (_, build, message) => {
    const error = await accounts.query(build as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    const { rows } = await sql`select from payments`.execute(db);
    expect(rows).toHaveLength(0);
  });

  it("a query without an id, or with one that is none, and says what to look for", async () => {
    const without = () => sql.raw("select name from accounts") as never;
    await expect(accounts.query(without)).rejects.toMatchObject({
      code: "ANNALS_DATABASE",
      sqlstate: "42703",
      hint: expect.stringContaining("id"),
    });
    await expect(accounts.query(() => sql.raw("select 'x' as id") as never)).rejects.toMatchObject({
      code: "ANNALS_DATABASE",
      sqlstate: "22P02",
    });
  });

  it("SQL that would write beside the query", async () => {
    const text = "select id from accounts; delete from payments";
    await pay(ids[0] as string, 1);
    await expect(accounts.query(() => sql.raw(text) as never)).rejects.toMatchObject({
      code: "ANNALS_DATABASE",
      sqlstate: "42601",
    });
    expect((await sql`select from payments`.execute(db)).rows).toHaveLength(1);
  });

  it("nothing of what the function throws", async () => {
    const own = new Error("mine");
    const build = () => {
      throw own;
    };
    await expect(accounts.query(build)).rejects.toBe(own);
  });
});
