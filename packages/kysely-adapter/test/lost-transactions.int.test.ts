import { OutcomeUnknownError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { openDatabase } from "./database/open.ts";
import { atCommit, migrateAccounts, openAccounts } from "./database/written-accounts.ts";

const { connectionString, name: databaseName } = await testDatabase({
  name: "accounts with commits",
  migrate: migrateAccounts,
});
const { accounts, begin, db, expectInDoubt, expectRolledBack, renamed } =
  openAccounts(connectionString);
afterAll(() => db.destroy());

const backendOf = async (tx: Kysely<unknown>): Promise<number> => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
  return rows[0]?.pid ?? 0;
};

const terminate = async (pid: number): Promise<void> => {
  await sql`select pg_terminate_backend(${pid}, 5000)`.execute(db);
};

/** Until the backend is busy with a statement like this. */
const busyWith = async (pid: number, statement: string): Promise<void> => {
  await expect
    .poll(
      async () => {
        const { rows } = await sql<{ state: string; query: string }>`
          select state, query from pg_stat_activity where pid = ${pid}`.execute(db);
        return rows[0];
      },
      { timeout: 10_000 },
    )
    .toMatchObject({ state: "active", query: expect.stringContaining(statement) });
};

describe("a lost connection", () => {
  it("before the commit rolls back", async () => {
    const account = await renamed();
    const tx = await begin();
    await accounts.update(account, { tx });
    await terminate(await backendOf(tx));
    // A commit that is sent before anybody has heard of the end would leave it in doubt.
    await expect(sql`select 1`.execute(tx)).rejects.toThrow();
    await expect(tx.commit().execute()).rejects.toThrow();
    await tx
      .rollback()
      .execute()
      .catch(() => {});
    await expectRolledBack(account);
  });

  it("in the middle of the transaction rolls back", async () => {
    const account = await renamed();
    const work = db.transaction().execute(async (tx) => {
      await accounts.update(account, { tx });
      const pid = await backendOf(tx);
      const waiting = sql`select pg_sleep(30)`.execute(tx);
      await busyWith(pid, "pg_sleep");
      await Promise.all([expect(waiting).rejects.toThrow(), terminate(pid)]);
      await accounts.findById(account.id, { tx });
    });
    await expect(work).rejects.toThrow();
    await expectRolledBack(account);
  });

  it("during the commit leaves it in doubt", async () => {
    const account = await renamed();
    const tx = await begin();
    await atCommit(tx, "wait");
    await accounts.update(account, { tx });
    const pid = await backendOf(tx);
    const committing = tx.commit().execute();
    await busyWith(pid, "commit");
    await Promise.all([expect(committing).rejects.toThrow(), terminate(pid)]);
    await tx
      .rollback()
      .execute()
      .catch(() => {});
    await expectInDoubt(account);
  });

  it("during a write of its own leaves it in doubt, and says so", async () => {
    const account = await renamed();
    await sql`alter database ${sql.id(databaseName)}
      set test.at_commit = 'wait'`.execute(db);
    const slow = openDatabase(connectionString);
    try {
      const writing = createRepository(Account, { db: slow }).update(account);
      const pids = async () => {
        const { rows } = await sql<{ pid: number }>`
          select pid from pg_stat_activity
          where datname = current_database() and wait_event = 'PgSleep'`.execute(db);
        return rows.map(({ pid }) => pid);
      };
      await expect.poll(pids, { timeout: 10_000 }).toHaveLength(1);
      const [pid] = await pids();
      await Promise.all([
        expect(writing).rejects.toThrow(OutcomeUnknownError),
        terminate(pid ?? 0),
      ]);
      await expectInDoubt(account);
    } finally {
      await slow.destroy();
      await sql`alter database ${sql.id(databaseName)}
        reset test.at_commit`.execute(db);
    }
  });
});
