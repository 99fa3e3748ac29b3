import { setTimeout as sleep } from "node:timers/promises";
import { ProjectionSwappedError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import {
  differences,
  migrateNames,
  type NameDatabase,
  nameCounts,
} from "./database/name-counts.ts";
import { openDatabase } from "./database/open.ts";

type Accounts = ReturnType<typeof open>;
const open = (db: Kysely<NameDatabase>, inline?: ReturnType<typeof nameCounts<true>>) =>
  createRepository(Account, { db, ...(inline && { projections: [inline] }) });

let made = 0;
const NAMES = ["Ada", "Grace", "Edsger", "Barbara"];
const write = async (accounts: Accounts): Promise<void> => {
  made += 1;
  const account = await accounts.create({ email: `${made}@load.test`, name: `${NAMES[made % 4]}` });
  if (made % 3 === 0) return;
  account.rename(`${NAMES[(made + 1) % 4]}`);
  account.rename(`${NAMES[(made + 2) % 4]}`);
  await accounts.update(account);
};

/** Writes from several connections at once until told to stop; returns how many transactions were refused. */
const writing = (accounts: Accounts, db: Kysely<NameDatabase>) => {
  const stopping = new AbortController();
  const loop = async (): Promise<number> => {
    let refused = 0;
    while (!stopping.signal.aborted) {
      // Each in turn alone, as a part of something longer, and taken back.
      const kind = made % 10;
      try {
        if (kind < 7) await write(accounts);
        else if (kind < 9) await longer(accounts, db);
        else await takenBack(accounts, db);
        await sleep(30);
      } catch (error) {
        if (!/deadlock|lock timeout|lock of another/.test(String(error))) throw error;
        refused += 1;
      }
    }
    return refused;
  };
  const loops = Promise.all([1, 2, 3, 4, 5].map(loop));
  return async () => {
    stopping.abort();
    return (await loops).reduce((sum, one) => sum + one, 0);
  };
};

const longer = (accounts: Accounts, db: Kysely<NameDatabase>) =>
  transaction(db, async (tx) => {
    made += 1;
    await accounts.create({ email: `${made}@long.test`, name: "Long" }, { tx });
    await sleep(30);
    made += 1;
    await accounts.create({ email: `${made}@long.test`, name: "Longer" }, { tx });
  });

const takenBack = async (accounts: Accounts, db: Kysely<NameDatabase>): Promise<void> => {
  made += 1;
  const work = transaction(db, async (tx) => {
    await accounts.create({ email: `${made}@back.test`, name: "Taken back" }, { tx });
    throw new Error("taken back");
  });
  await work.catch((error: Error) => expect(error.message).toBe("taken back"));
};

/** Ends connections that work on a projection, again and again. */
const killing = (db: Kysely<NameDatabase>) => {
  const stopping = new AbortController();
  let killed = 0;
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted && killed < 15) {
      const { rows } = await sql<object>`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
          and application_name = 'working'
        order by random() limit 1`.execute(db);
      killed += rows.length;
      await sleep(100);
    }
  };
  const ended = loop();
  return async () => {
    stopping.abort();
    await ended;
    return killed;
  };
};

/** Rebuilds twice, from two processes at once, while two follow and five write. */
const rebuildsUnderLoad = async (
  db: Kysely<NameDatabase>,
  others: Kysely<NameDatabase>,
  options: { readonly batchSize?: number } = {},
): Promise<void> => {
  const projection = nameCounts(db, options);
  const elsewhere = nameCounts(others, options);
  const stopping = new AbortController();
  const stopWriting = writing(open(db), db);
  const runs = [projection, elsewhere].map((one) => one.run({ signal: stopping.signal }));
  for (let round = 0; round < 2; round += 1) {
    await sleep(150);
    const both = await Promise.all([projection.rebuild(), elsewhere.rebuild()]);
    expect(both.map(({ finished }) => finished)).toEqual([true, true]);
    await projection.dropOld();
  }
  await stopWriting();
  stopping.abort();
  await Promise.all(runs);
  await projection.catchUp();
  expect(await differences(db)).toEqual([]);
};

// Timing decides whether a run comes to the point, and a busy machine spoils some: those are repeated.
describe("a projection that follows, under load", { retry: 2 }, async () => {
  const { connectionString } = await testDatabase({
    name: "followed names",
    migrate: migrateNames,
  });
  const db = openDatabase<NameDatabase>(connectionString);
  const others = openDatabase<NameDatabase>(connectionString);
  const named = new URL(connectionString);
  named.searchParams.set("application_name", "working");
  const working = openDatabase<NameDatabase>(named.href);
  afterAll(() => Promise.all([db.destroy(), others.destroy(), working.destroy()]));

  beforeEach(async () => {
    await nameCounts(db).dropOld();
    await nameCounts(db).discardRebuild();
  });

  it("loses and doubles nothing over rebuilds", () => rebuildsUnderLoad(db, others, {}), 60_000);

  it("goes on after whatever connection breaks, and comes out right", async () => {
    const projection = nameCounts(working);
    const stopping = new AbortController();
    const stopWriting = writing(open(db), db);
    const run = projection.run({ signal: stopping.signal });
    const stopKilling = killing(others);
    expect((await projection.rebuild()).finished).toBe(true);
    const killed = await stopKilling();
    await stopWriting();
    stopping.abort();
    await run;
    await projection.catchUp();
    expect(killed).toBeGreaterThan(0);
    expect(await differences(db)).toEqual([]);
  }, 60_000);

  it("gives way to whoever uses the tables for long, and swaps afterwards", async () => {
    const projection = nameCounts(db);
    await projection.catchUp();
    let isOver = false;
    const long = others.transaction().execute(async (tx) => {
      await tx.selectFrom("name_counts").selectAll().execute();
      await sleep(1_500);
      // Whoever reads and then writes would close a circle of waits with one who held on.
      await tx.insertInto("name_counts").values({ name: "Nobody", count: 0 }).execute();
      await tx.deleteFrom("name_counts").where("name", "=", "Nobody").execute();
      isOver = true;
    });
    const rebuilt = projection.rebuild();
    await sleep(700);
    // Others are not held up behind the swap for longer than it waits.
    await write(open(db));
    await rebuilt;
    expect(isOver).toBe(true);
    await long;
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
  }, 30_000);
});

describe("an inline projection, under load", async () => {
  const { connectionString } = await testDatabase({ name: "inline names", migrate: migrateNames });
  const db = openDatabase<NameDatabase>(connectionString);
  const others = openDatabase<NameDatabase>(connectionString);
  afterAll(() => Promise.all([db.destroy(), others.destroy()]));
  const projection = nameCounts(db, { inline: true });

  beforeEach(() => projection.dropOld());

  it("is there when the append returns, and gone when it is taken back", async () => {
    const accounts = open(db, projection);
    for (let n = 0; n < 10; n += 1) await write(accounts);
    await takenBack(accounts, db);
    expect(await differences(db)).toEqual([]);
    expect(await projection.status()).toMatchObject({ position: undefined, rebuilding: undefined });
  });

  it("loses and doubles nothing over rebuilds", async () => {
    const stopWriting = writing(open(db, projection), db);
    for (let round = 0; round < 2; round += 1) {
      await sleep(150);
      expect((await projection.rebuild()).finished).toBe(true);
      await projection.dropOld();
    }
    await stopWriting();
    expect(await differences(db)).toEqual([]);
  }, 60_000);

  it("begins with what was there before it by a rebuild", async () => {
    for (let n = 0; n < 5; n += 1) await write(open(db));
    expect(await differences(db)).not.toEqual([]);
    await projection.rebuild();
    expect(await differences(db)).toEqual([]);
  });

  it("refuses a transaction whose snapshot is older than the tables", async () => {
    const accounts = open(db, projection);
    const isolationLevel = "repeatable read";
    const work = async (between: () => Promise<unknown>) =>
      transaction(
        db,
        async (tx) => {
          await sql`select 1`.execute(tx);
          await between();
          made += 1;
          await accounts.create({ email: `${made}@old.test`, name: "Old" }, { tx });
        },
        { isolationLevel },
      );
    const swap = () => nameCounts(others, { inline: true }).rebuild();
    await expect(work(swap)).rejects.toThrow(ProjectionSwappedError);
    await work(async () => {});
    expect(await differences(db)).toEqual([]);
  });
});
