import {
  ConcurrentModificationError,
  HandlerFailedError,
  TransactionNotJoinedError,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { createConsumer, createRepository, entityMigration, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const db = openDatabase(connectionString);
const accounts = createRepository(Account, { db });
const elsewhere = openDatabase(connectionString);
const stock = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }),
});
afterAll(() => Promise.all([db.destroy(), elsewhere.destroy(), stock.destroy()]));

let made = 0;
const newEmail = (): string => {
  made += 1;
  return `${made}@example.com`;
};

class Change extends Error {}

describe("a call inside transaction()", () => {
  it("that forgets { tx } is an error, whatever it does, and does nothing", async () => {
    const account = await accounts.create({ email: newEmail() });
    account.rename("Forgotten");
    const email = newEmail();
    await transaction(db, async () => {
      for (const call of [
        () => accounts.create({ email }),
        () => accounts.update(account),
        () => accounts.findById(account.id),
        () => accounts.maybeFindById(account.id),
        () => accounts.findByEmail(email),
        () => accounts.findAll([account.id, crypto.randomUUID()]),
        () => accounts.list(),
      ]) {
        await expect(call()).rejects.toThrow(TransactionNotJoinedError);
      }
    });
    expect(await accounts.maybeFindByEmail(email)).toBeUndefined();
    expect(account.pending).toHaveLength(1);
    expect(await accounts.update(account)).toBe(1);
  });

  it("is an error also in what it awaits, and through a derived instance", async () => {
    const derived = createRepository(Account, { db: db.withPlugin(new CamelCasePlugin()) });
    const deep = async () => {
      await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 1));
      return derived.findById(crypto.randomUUID());
    };
    await transaction(db, async () => {
      await expect(deep()).rejects.toThrow(TransactionNotJoinedError);
    });
  });

  it('may say "none" and commits on its own', async () => {
    const email = newEmail();
    const work = transaction(db, async () => {
      const account = await accounts.create({ email }, { tx: "none" });
      expect(account.version).toBe(1);
      throw new Change();
    });
    await expect(work).rejects.toThrow(Change);
    expect((await accounts.findByEmail(email)).version).toBe(1);
  });

  it("may go to another database", async () => {
    const others = createRepository(Account, { db: elsewhere });
    await transaction(db, async () => {
      expect((await others.create({ email: newEmail() })).version).toBe(1);
    });
  });

  it("is free again after its end, also for what began before it", async () => {
    let release = () => {};
    const ended = new Promise<void>((resolve) => {
      release = resolve;
    });
    const later = await transaction(db, async () => ({
      work: ended.then(() => accounts.create({ email: newEmail() })),
    }));
    release();
    expect((await later.work).version).toBe(1);
    expect((await accounts.create({ email: newEmail() })).version).toBe(1);
  });

  it("is not needed by calls beside it", async () => {
    let release = () => {};
    const ended = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = transaction(db, () => ended);
    expect((await accounts.create({ email: newEmail() })).version).toBe(1);
    release();
    await running;
  });

  it("is an error inside a consumer's handler", async () => {
    const account = await accounts.create({ email: newEmail() });
    const consumer = createConsumer(db, {
      name: "forgetful",
      onFailure: "stop",
      retry: { attempts: 1 },
      topics: [Account],
      on: { AccountOpened: async () => void (await accounts.findById(account.id)) },
    });
    const error = await consumer.catchUp().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HandlerFailedError);
    expect(error).toMatchObject({ cause: expect.any(TransactionNotJoinedError) });
  });
});

describe("transaction()", () => {
  it.each([
    ["annalsPool", db],
    ["a stock pool", stock],
  ])("tells entities how it ended, through %s", async (_, instance) => {
    const own = createRepository(Account, { db: instance });
    const kept = await transaction(instance, (tx) => own.create({ email: newEmail() }, { tx }));
    expect(kept.version).toBe(1);
    kept.rename("Dropped");
    const work = transaction(instance, async (tx) => {
      await own.update(kept, { tx });
      throw new Change();
    });
    await expect(work).rejects.toThrow(Change);
    expect(kept.pending).toHaveLength(1);
    expect(await own.update(kept)).toBe(1);
  });

  it.each([
    ["annalsPool", db],
    ["a stock pool", stock],
  ])("tells them also of a commit that was none, through %s", async (_, instance) => {
    const own = createRepository(Account, { db: instance });
    const account = await own.create({ email: newEmail() });
    account.rename("Dropped");
    const work = transaction(instance, async (tx) => {
      await own.update(account, { tx });
      await sql`select 1 / 0`.execute(tx).catch(() => {});
    });
    await expect(work).rejects.toMatchObject({
      code: "ANNALS_DATABASE",
      cause: { message: expect.stringMatching(/rolled back/i) },
    });
    expect(account.pending).toHaveLength(1);
    expect(await own.update(account)).toBe(1);
  });

  it("takes a transaction with another schema or plugins for the same one", async () => {
    await sql`create schema app`.execute(db);
    await entityMigration(Account).up(db.withSchema("app"));
    const inApp = createRepository(Account, { db: db.withSchema("app") });
    const email = newEmail();
    const [there, here] = await transaction(db, async (tx) => [
      await inApp.create({ email }, { tx: tx.withPlugin(new CamelCasePlugin()) }),
      await accounts.create({ email }, { tx: tx.withSchema("app") }),
    ]);
    expect([there?.version, here?.version]).toEqual([1, 1]);
    // Each repository keeps to the schema that it was opened with.
    expect((await inApp.findByEmail(email)).id).toBe(there?.id);
    expect((await accounts.findByEmail(email)).id).toBe(here?.id);
  });

  it("never writes over what a savepoint undid unseen, on a stock pool", async () => {
    const own = createRepository(Account, { db: stock });
    const account = await own.create({ email: newEmail() });
    account.rename("Undone");
    await transaction(stock, async (tx) => {
      await sql`savepoint s`.execute(tx);
      await own.update(account, { tx });
      await sql`rollback to s`.execute(tx);
    });
    account.rename("Over it");
    await expect(own.update(account)).rejects.toThrow(ConcurrentModificationError);
    expect((await own.findById(account.id)).version).toBe(1);
  });
});
