import { EntityUnusableError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { atCommit, migrateAccounts, openAccounts } from "./database/written-accounts.ts";

const { connectionString } = await testDatabase({
  name: "accounts with commits",
  migrate: migrateAccounts,
});
const {
  accounts,
  begin,
  db,
  expectCommitted,
  expectInDoubt,
  expectRolledBack,
  renamed,
  versionOf,
} = openAccounts(connectionString);
afterAll(() => db.destroy());

describe("the user's own transaction", () => {
  it("commits", async () => {
    const account = await renamed();
    const other = await db.transaction().execute(async (tx) => {
      await accounts.update(account, { tx });
      expect(account.pending).toHaveLength(1);
      return accounts.create({ email: "committed@example.com" }, { tx });
    });
    expect(other.version).toBe(1);
    await expectCommitted(account);
  });

  it("rolls back when its work throws", async () => {
    const account = await renamed();
    const work = db.transaction().execute(async (tx) => {
      await accounts.update(account, { tx });
      throw new Error("the work");
    });
    await expect(work).rejects.toThrow("the work");
    await expectRolledBack(account);
  });

  it("is controlled by hand", async () => {
    const [kept, dropped] = [await renamed(), await renamed()];
    const first = await begin();
    await accounts.update(kept, { tx: first });
    await first.commit().execute();
    const second = await begin();
    await accounts.update(dropped, { tx: second });
    await second.rollback().execute();
    await expectCommitted(kept);
    await expectRolledBack(dropped);
  });

  it("rolls back to a savepoint, and goes on", async () => {
    const [before, inside] = [await renamed(), await renamed()];
    const tx = await begin();
    await accounts.update(before, { tx });
    const nested = await tx.savepoint("nested").execute();
    await accounts.update(inside, { tx: nested });
    expect(await accounts.update(inside, { tx: nested })).toBe(0);
    const back = await nested.rollbackToSavepoint("nested").execute();
    // Known at once, so that it can be written again in the same transaction.
    expect(await accounts.update(inside, { tx: back })).toBe(1);
    await tx.commit().execute();
    await expectCommitted(before);
    await expectCommitted(inside);
  });

  it("keeps what was before a savepoint that is rolled back to", async () => {
    const [before, inside] = [await renamed(), await renamed()];
    const tx = await begin();
    await accounts.update(before, { tx });
    const nested = await tx.savepoint("nested").execute();
    await accounts.update(inside, { tx: nested });
    await nested.rollbackToSavepoint("nested").execute();
    await tx.commit().execute();
    await expectCommitted(before);
    await expectRolledBack(inside);
  });

  it("releases a savepoint, which is no commit", async () => {
    const [kept, dropped] = [await renamed(), await renamed()];
    for (const [account, end] of [
      [kept, "commit"],
      [dropped, "rollback"],
    ] as const) {
      const tx = await begin();
      const nested = await tx.savepoint("nested").execute();
      await accounts.update(account, { tx: nested });
      await nested.releaseSavepoint("nested").execute();
      expect(account.pending).toHaveLength(1);
      await tx[end]().execute();
    }
    await expectCommitted(kept);
    await expectRolledBack(dropped);
  });

  it("is not committed by COMMIT after an error", async () => {
    const account = await renamed();
    const tx = await begin();
    await accounts.update(account, { tx });
    await expect(sql`select 1 / 0`.execute(tx)).rejects.toThrow(/division by zero/);
    await expect(tx.commit().execute()).rejects.toThrow(/rolled back/i);
    await tx.rollback().execute();
    await expectRolledBack(account);
  });

  it("can be saved from an error by a savepoint", async () => {
    const [account, twin] = [await renamed(), await renamed()];
    const tx = await begin();
    await accounts.update(account, { tx });
    const nested = await tx.savepoint("nested").execute();
    await accounts.update(twin, { tx: nested });
    const taken = accounts.create({ email: "1@example.com" }, { tx: nested });
    await expect(taken).rejects.toThrow(/already has/);
    const back = await nested.rollbackToSavepoint("nested").execute();
    await back.commit().execute();
    await expectCommitted(account);
    await expectRolledBack(twin);
  });

  it("is refused at the commit", async () => {
    const account = await renamed();
    const work = db.transaction().execute(async (tx) => {
      await atCommit(tx, "refuse");
      await accounts.update(account, { tx });
    });
    await expect(work).rejects.toThrow("refused");
    await expectRolledBack(account);
  });

  it("takes raw SQL for its ends", async () => {
    const [kept, dropped] = [await renamed(), await renamed()];
    await db.connection().execute(async (connection) => {
      const own = createRepository(Account, { db: connection });
      await sql`/* by hand */ begin; savepoint before_all`.execute(connection);
      await own.update(kept);
      expect(kept.pending).toHaveLength(1);
      await sql.raw("savepoint s; select 1").execute(connection);
      await own.update(dropped);
      await sql`ROLLBACK WORK TO SAVEPOINT S -- only that`.execute(connection);
      await sql`end`.execute(connection);
    });
    await expectCommitted(kept);
    await expectRolledBack(dropped);
  });

  it("may be what a repository is opened over", async () => {
    const account = await renamed();
    const work = db.transaction().execute(async (tx) => {
      await createRepository(Account, { db: tx }).update(account);
      expect(account.pending).toHaveLength(1);
      throw new Error("the work");
    });
    await expect(work).rejects.toThrow("the work");
    await expectRolledBack(account);
  });
});

describe("a stock pool", () => {
  const stock = new Kysely({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }),
  });
  const own = createRepository(Account, { db: stock });
  afterAll(() => stock.destroy());

  it("leaves the user's own transaction in doubt until the entity is read again", async () => {
    for (const end of ["commit", "rollback"] as const) {
      const account = await renamed();
      const tx = await stock.startTransaction().execute();
      await own.update(account, { tx });
      account.rename("Again");
      await expect(own.update(account, { tx })).rejects.toThrow(EntityUnusableError);
      await tx[end]().execute();
      expect(await versionOf(account)).toBe(end === "commit" ? 2 : 1);
      await expectInDoubt(account);
    }
  });

  it("knows the end of what commits on its own", async () => {
    const account = await renamed();
    expect(await own.update(account)).toBe(1);
    await expectCommitted(account);
  });

  it("leaves a repository over a transaction in doubt as well", async () => {
    const account = await renamed();
    await stock.transaction().execute(async (tx) => {
      await createRepository(Account, { db: tx }).update(account);
    });
    await expectInDoubt(account);
  });
});
