import { ConcurrentModificationError, type HookFailedError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { type AnnalsTransaction, createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { atCommit, migrateAccounts, openAccounts } from "./database/written-accounts.ts";

const { connectionString } = await testDatabase({
  name: "accounts with commits",
  migrate: migrateAccounts,
});
const { db, renamed, expectCommitted, expectInDoubt, expectRolledBack } =
  openAccounts(connectionString);
const pool = new pg.Pool({ connectionString });
// A terminated backend surfaces on the next query.
pool.on("error", () => {});
pool.on("connect", (client) => void client.on("error", () => {}));
const stock = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
afterAll(() => Promise.all([db.destroy(), stock.destroy()]));

class Change extends Error {}

const note = (tx: AnnalsTransaction<unknown>): string[] => {
  const log: string[] = [];
  tx.beforeCommit(() => void log.push("before"));
  tx.afterCommit(() => void log.push("after"));
  tx.onRollback((end) => void log.push(end));
  return log;
};

const terminate = (pid: number) =>
  sql`select pg_terminate_backend(${pid}, 5000)`.execute(db).then(() => {});

const backendOf = async (tx: Kysely<unknown>): Promise<number> => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
  return rows[0]?.pid as number;
};

describe.each([
  ["annalsPool", db],
  ["a stock pool", stock],
])("hooks and savepoints through %s", (_, instance) => {
  const own = createRepository(Account, { db: instance });

  it("take a refused commit for a rollback", async () => {
    const account = await renamed();
    let log: string[] = [];
    const work = transaction(instance, async (tx) => {
      log = note(tx);
      await atCommit(tx, "refuse");
      await own.update(account, { tx });
    });
    await expect(work).rejects.toMatchObject({
      code: "ANNALS_DATABASE",
      cause: { message: "refused" },
    });
    expect(log).toEqual(["before", "rolledBack"]);
    await expectRolledBack(account);
  });

  it("take a connection that is lost before the commit for a rollback", async () => {
    const account = await renamed();
    let log: string[] = [];
    const work = transaction(instance, async (tx) => {
      log = note(tx);
      await own.update(account, { tx });
      await terminate(await backendOf(tx));
      await sql`select 1`.execute(tx);
    });
    await expect(work).rejects.toThrow();
    expect(log).toEqual(["rolledBack"]);
    await expectRolledBack(account);
  });

  it("are told that nobody knows when it is lost during the commit", async () => {
    const account = await renamed();
    let log: string[] = [];
    let pid = 0;
    const work = transaction(instance, async (tx) => {
      log = note(tx);
      await atCommit(tx, "wait");
      await own.update(account, { tx });
      pid = await backendOf(tx);
    });
    const failed = expect(work).rejects.toThrow();
    const state = async () => {
      const { rows } = await sql<{ wait: string }>`
        select wait_event as wait from pg_stat_activity where pid = ${pid}`.execute(db);
      return rows[0]?.wait;
    };
    await expect.poll(state, { timeout: 10_000 }).toBe("PgSleep");
    await terminate(pid);
    await failed;
    expect(log).toEqual(["before", "unknown"]);
    await expectInDoubt(account);
  });

  it("leave a lost connection in a savepoint to the transaction's end", async () => {
    const account = await renamed();
    let log: string[] = [];
    const work = transaction(instance, async (tx) => {
      const savepoint = tx.savepoint(async (inner) => {
        log = note(inner);
        await own.update(account, { tx: inner });
        await terminate(await backendOf(inner));
        await sql`select 1`.execute(inner);
      });
      await savepoint.catch(() => {});
    });
    await expect(work).rejects.toThrow();
    expect(log).toEqual(["rolledBack"]);
    await expectRolledBack(account);
  });

  it("undo what a failed statement spoiled, and the transaction goes on", async () => {
    const [kept, undone] = [await renamed(), await renamed()];
    await transaction(instance, async (tx) => {
      await own.update(kept, { tx });
      const savepoint = tx.savepoint(async (inner) => {
        await own.update(undone, { tx: inner });
        await sql`select 1 / 0`.execute(inner);
      });
      await expect(savepoint).rejects.toThrow("division by zero");
    });
    await expectCommitted(kept);
    await expectRolledBack(undone);
  });

  it("leave no savepoint behind that was rolled back", async () => {
    const work = transaction(instance, async (tx) => {
      await tx.savepoint(() => Promise.reject(new Change())).catch(() => {});
      await sql`rollback to savepoint annals_1`.execute(tx);
    });
    await expect(work).rejects.toThrow("does not exist");
  });

  it("run again with the work, those of the commit only for the last time", async () => {
    const log: string[] = [];
    let attempts = 0;
    const result = await transaction(
      instance,
      async (tx) => {
        attempts += 1;
        const attempt = attempts;
        tx.afterCommit(() => void log.push(`after ${attempt}`));
        tx.onRollback((end) => void log.push(`${end} ${attempt}`));
        if (attempt < 3) await sql`do $$ begin raise sqlstate '40001'; end $$`.execute(tx);
        return attempt;
      },
      { retry: { attempts: 5, pauseMs: 0 } },
    );
    expect(result).toBe(3);
    expect(log).toEqual(["rolledBack 1", "rolledBack 2", "after 3"]);
  });

  it("never run a committed transaction again, whatever a hook after it throws", async () => {
    let attempts = 0;
    const lost = Object.assign(new Error("deadlock"), { code: "40P01" });
    const rethrow = (error: HookFailedError) => {
      throw error.cause;
    };
    const work = transaction(
      instance,
      async (tx) => {
        attempts += 1;
        tx.afterCommit(() => Promise.reject(lost));
      },
      { retry: { attempts: 5, pauseMs: 0 }, onHookError: rethrow },
    );
    await expect(work).rejects.toBe(lost);
    expect(attempts).toBe(1);
  });

  it("warn of a hook that fails after the commit, when nobody takes its error", async () => {
    const warned = new Promise<Error>((resolve) => {
      const take = (warning: Error) => {
        if (!("code" in warning) || warning.code !== "ANNALS_HOOK_FAILED") return;
        process.off("warning", take);
        resolve(warning);
      };
      process.on("warning", take);
    });
    const result = await transaction(instance, async (tx) => {
      tx.afterCommit(() => Promise.reject(new Change("the cache is down")));
      return "committed";
    });
    expect(result).toBe("committed");
    expect((await warned).message).toMatch(/afterCommit failed; the transaction is committed/);
  });

  it("may use the database after the commit, on a connection of their own", async () => {
    const account = await renamed();
    let seen = 0;
    await transaction(instance, async (tx) => {
      await own.update(account, { tx });
      tx.afterCommit(async () => {
        seen = (await own.findById(account.id)).version;
      });
    });
    expect(seen).toBe(2);
    await expectCommitted(account);
  });
});

describe("a Kysely transaction of the user's own, with savepoints of their own", () => {
  it("is watched on annalsPool", async () => {
    const [kept, undone] = [await renamed(), await renamed()];
    const own = createRepository(Account, { db });
    const tx = await db.startTransaction().execute();
    await own.update(kept, { tx });
    const savepoint = await tx.savepoint("s").execute();
    await own.update(undone, { tx: savepoint });
    await (await savepoint.rollbackToSavepoint("s").execute()).releaseSavepoint("s").execute();
    await tx.commit().execute();
    await expectCommitted(kept);
    await expectRolledBack(undone);
  });
});

describe("two copies of one entity", () => {
  it("do not fight over a savepoint either", async () => {
    const account = await renamed();
    const own = createRepository(Account, { db });
    await transaction(db, async (tx) => {
      const copy = await own.findById(account.id, { tx });
      copy.rename("Copy");
      await tx.savepoint((inner) => own.update(copy, { tx: inner }));
      await expect(own.update(account, { tx })).rejects.toThrow(ConcurrentModificationError);
    });
    expect((await own.findById(account.id)).state.name).toBe("Copy");
  });
});
