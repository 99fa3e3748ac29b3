import { setTimeout as sleep } from "node:timers/promises";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import {
  differences,
  migrateNames,
  type NameDatabase,
  nameCounts,
} from "./database/name-counts.ts";
import { openDatabase } from "./database/open.ts";

// Rebuilds beside writers that never rest where they write inline, so that it falls behind. Whatever has to give
// way, it is the rebuild, and never they.

type Inline = ReturnType<typeof nameCounts<true>>;

const WRITERS = 8;
/** How often writers write at full speed beside a consumer. */
const BURST = 100;
let made = 0;
const input = () => {
  made += 1;
  return { email: `${made}@load.test`, name: `Name ${made % 100}-${made}` };
};

/** Writes from several connections at once until told to stop; returns how often. */
const writing = (db: Kysely<NameDatabase>, inline: Inline | undefined) => {
  const accounts = createRepository(Account, { db, projections: inline ? [inline] : [] });
  const kinds = [
    () => accounts.create(input()),
    () => accounts.createAll([input(), input(), input()]),
    async () => {
      const account = await accounts.create(input());
      account.rename("Renamed");
      account.rename("Renamed again");
      await accounts.update(account);
    },
    () =>
      transaction(db, async (tx) => {
        // Who reads a projection and then writes it asks for more than the lock that it has.
        await tx.selectFrom("name_log").selectAll().limit(1).execute();
        await accounts.create(input(), { tx });
        await tx.selectFrom("name_counts").selectAll().limit(1).execute();
        await accounts.create(input(), { tx });
      }),
    () =>
      transaction(db, async (tx) => {
        await accounts.create(input(), { tx });
        throw new Error("taken back");
      }).catch((error: Error) => expect(error.message).toBe("taken back")),
  ] as const;
  const stopping = new AbortController();
  let written = 0;
  const loop = async (at: number): Promise<void> => {
    for (let turn = at; !stopping.signal.aborted; turn += 1) {
      await kinds[turn % kinds.length]?.();
      written += 1;
      // A consumer that never catches up would have more and more to do.
      if (inline === undefined) await sleep(written < BURST ? 10 : 200);
    }
  };
  const loops = Promise.all(Array.from({ length: WRITERS }, (_, at) => loop(at)));
  loops.catch(() => {});
  return {
    written: () => written,
    stop: async (): Promise<void> => {
      stopping.abort();
      await loops;
    },
  };
};

/** Reads both tables again and again, as reports do; every answer is of one version of both. */
const reading = (db: Kysely<NameDatabase>) => {
  const stopping = new AbortController();
  let answers = 0;
  const read = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const { rows } = await sql<{ counted: string; logged: string }>`
        select (select count(*) from name_log) as logged,
          (select coalesce(sum(count), 0) from name_counts) as counted`.execute(db);
      expect(rows[0]?.counted).toBe(rows[0]?.logged);
      answers += 1;
      await sleep(5);
    }
  };
  const reads = Promise.all([read(), read()]);
  reads.catch(() => {});
  return {
    answers: () => answers,
    stop: async (): Promise<void> => {
      stopping.abort();
      await reads;
    },
  };
};

/** Ends connections that work on a projection, so many in all. */
const killing = (db: Kysely<NameDatabase>, kills: number) => {
  const stopping = new AbortController();
  let killed = 0;
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted && killed < kills) {
      const { rows } = await sql<object>`
        select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and application_name = 'working'
        order by random() limit 1`.execute(db);
      killed += rows.length;
      await sleep(100);
    }
  };
  const ended = loop();
  return async (): Promise<number> => {
    stopping.abort();
    await ended;
    return killed;
  };
};

describe.each([
  ["inline", true],
  ["by a consumer", false],
] as const)("a projection written %s", async (kind, isInline) => {
  const { connectionString } = await testDatabase({ name: `load ${kind}`, migrate: migrateNames });
  const db = openDatabase<NameDatabase>(connectionString);
  const others = openDatabase<NameDatabase>(connectionString);
  const named = new URL(connectionString);
  named.searchParams.set("application_name", "working");
  const working = openDatabase<NameDatabase>(named.href);
  afterAll(() => Promise.all([db.destroy(), others.destroy(), working.destroy()]));
  const inline = isInline ? nameCounts(db, { inline: true }) : undefined;
  const projecting = (at: Kysely<NameDatabase>) =>
    isInline ? nameCounts(at, { inline: true }) : nameCounts(at);

  /** With the projection's own consumer, where it has one. */
  const underLoad = async (
    at: Kysely<NameDatabase>,
    work: (written: () => number) => Promise<void>,
  ): Promise<void> => {
    const writers = writing(db, inline);
    const readers = reading(others);
    const stopping = new AbortController();
    const consumer = isInline ? undefined : nameCounts(at);
    const run = consumer?.run(stopping);
    try {
      await expect.poll(writers.written, { timeout: 30_000 }).toBeGreaterThan(WRITERS);
      await work(writers.written);
    } finally {
      await writers.stop();
      stopping.abort();
      await run;
      await readers.stop();
    }
    await consumer?.catchUp();
    expect(readers.answers()).toBeGreaterThan(0);
    expect(await differences(db)).toEqual([]);
  };

  it("is rebuilt by two processes at once, twice, beside eight writers and readers", async () => {
    const [here, elsewhere] = [projecting(db), projecting(others)];
    await underLoad(others, async (written) => {
      for (let round = 0; round < 2; round += 1) {
        const before = written();
        const both = await Promise.all([here.rebuild(), elsewhere.rebuild()]);
        expect(both.map(({ finished }) => finished)).toEqual([true, true]);
        await expect.poll(written, { timeout: 30_000 }).toBeGreaterThan(before);
        await here.dropOld();
      }
    });
  }, 240_000);

  it("is rebuilt whatever connection breaks", async () => {
    await underLoad(working, async () => {
      const stopKilling = killing(others, 5);
      expect((await projecting(working).rebuild()).finished).toBe(true);
      expect(await stopKilling()).toBeGreaterThan(0);
    });
    await projecting(db).dropOld();
  }, 240_000);
});

describe("a rebuild beside somebody who uses the tables for long", async () => {
  const { connectionString } = await testDatabase({ name: "long use", migrate: migrateNames });
  const db = openDatabase<NameDatabase>(connectionString);
  const others = openDatabase<NameDatabase>(connectionString);
  afterAll(() => Promise.all([db.destroy(), others.destroy()]));

  it("waits until they are gone, while nobody waits behind it", async () => {
    const projection = nameCounts(db);
    const accounts = createRepository(Account, { db });
    await accounts.create(input());
    await projection.catchUp();
    let rebuilt: Promise<{ readonly finished: boolean }> | undefined;
    await others.transaction().execute(async (tx) => {
      await tx.selectFrom("name_counts").selectAll().execute();
      let isOver = false;
      rebuilt = projection.rebuild().finally(() => {
        isOver = true;
      });
      const filled = async () => (await projection.status()).rebuilding?.position ?? 0;
      await expect.poll(filled, { timeout: 30_000 }).toBeGreaterThan(0);
      // Who comes later reads and writes as ever.
      await accounts.create(input());
      await projection.catchUp();
      await expect.poll(() => differences(db), { timeout: 30_000 }).toEqual([]);
      expect(isOver).toBe(false);
    });
    expect((await rebuilt)?.finished).toBe(true);
    expect(await differences(db)).toEqual([]);
  }, 60_000);
});
