import {
  DatabaseError,
  DuplicateValueError,
  OutcomeUnknownError,
  TransactionNotJoinedError,
  TransactionRequiredError,
  TransactionUnusableError,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { openDatabase } from "./database/open.ts";
import { atCommit, migrateAccounts, openAccounts } from "./database/written-accounts.ts";

const { connectionString } = await testDatabase({
  name: "accounts with commits",
  migrate: migrateAccounts,
});
const {
  db,
  accounts: plain,
  renamed,
  expectInDoubt,
  expectRolledBack,
} = openAccounts(connectionString);
afterAll(() => db.destroy());

const backendOf = async (tx: Kysely<unknown>): Promise<number> => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
  return rows[0]?.pid as number;
};

describe("a call that opens a transaction for onAppended", () => {
  it("is told of a refused commit by an error of ours, and keeps nothing", async () => {
    const account = await renamed();
    const refusing = createRepository(Account, {
      db,
      onAppended: (tx) => atCommit(tx, "refuse"),
    });
    const error = await refusing.update(account).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ cause: { message: "refused" } });
    await expectRolledBack(account);
  });

  it("does not know when the connection is lost during the commit", async () => {
    const account = await renamed();
    let pid = 0;
    const waiting = createRepository(Account, {
      db,
      onAppended: async (tx) => {
        pid = await backendOf(tx);
        await atCommit(tx, "wait");
      },
    });
    const update = expect(waiting.update(account)).rejects.toThrow(OutcomeUnknownError);
    const state = async () => {
      const { rows } = await sql<{ wait: string }>`
        select wait_event as wait from pg_stat_activity where pid = ${pid}`.execute(db);
      return rows[0]?.wait;
    };
    await expect.poll(state, { timeout: 10_000 }).toBe("PgSleep");
    await sql`select pg_terminate_backend(${pid}, 5000)`.execute(db);
    await update;
    await expectInDoubt(account);
  });

  it("gives events back when it cannot even begin", async () => {
    const account = await renamed();
    const nowhere = openDatabase(connectionString.replace(/:\d+\//, ":1/"));
    const unreachable = createRepository(Account, { db: nowhere, onAppended: () => {} });
    await expect(unreachable.update(account)).rejects.toThrow(DatabaseError);
    await nowhere.destroy();
    await expectRolledBack(account);
  });

  it("may not be one that forgot a running transaction, and may say that it is meant", async () => {
    const hooked = createRepository(Account, { db, onAppended: () => {} });
    const account = await renamed();
    await transaction(db, async () => {
      await expect(hooked.update(account)).rejects.toThrow(TransactionNotJoinedError);
      expect(account.pending).toHaveLength(1);
      expect(await hooked.update(account, { tx: "none" })).toBe(1);
    });
    expect(account.version).toBe(2);
  });

  it("names a duplicate as ever, and rolls back what the hook had written", async () => {
    await sql`create table seen (email text)`.execute(db);
    const hooked = createRepository(Account, {
      db,
      onAppended: (tx, { state }) => sql`insert into seen values (${state.email})`.execute(tx),
    });
    await hooked.create({ email: "hooked@example.com" });
    const again = hooked.create({ email: "hooked@example.com" });
    await expect(again).rejects.toThrow(DuplicateValueError);
    const { rows } = await sql`select email from seen`.execute(db);
    expect(rows).toEqual([{ email: "hooked@example.com" }]);
  });
});

describe("a Kysely transaction of the user's own", () => {
  it("has no hooks, and onAppended is told so", async () => {
    const hooked = createRepository(Account, {
      db,
      onAppended: (tx) => tx.afterCommit(() => {}),
    });
    const account = await renamed();
    const work = db.transaction().execute((tx) => hooked.update(account, { tx }));
    const error = await work.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionUnusableError);
    expect(error).toMatchObject({ reason: "not-ours" });
    await expectRolledBack(account);
  });

  it("may be what a repository with hooks is opened over", async () => {
    const emails: string[] = [];
    await db.transaction().execute(async (tx) => {
      const hooked = createRepository(Account, {
        db: tx,
        onAppended: (_tx, { state }) => emails.push(state.email),
      });
      await hooked.create({ email: "over@example.com" });
    });
    expect(emails).toEqual(["over@example.com"]);
    expect((await plain.findByEmail("over@example.com")).version).toBe(1);
  });
});

describe("a repository that demands a transaction", () => {
  it("takes no query of the user's own without one either", async () => {
    const demanding = createRepository(Account, { db, requireTransaction: true });
    const account = await renamed();
    const build = () => sql<{ id: string }>`select ${account.id}::uuid as id`;
    const untyped = demanding as unknown as typeof plain;
    await expect(untyped.query(build)).rejects.toThrow(TransactionRequiredError);
    const found = await transaction(db, (tx) => demanding.query(build, { tx }));
    expect(found.map(({ id }) => id)).toEqual([account.id]);
  });
});
