import { setTimeout as sleep } from "node:timers/promises";
import { HandlerFailedError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrateNames, type NameDatabase, nameCounts } from "./database/name-counts.ts";
import { openDatabase } from "./database/open.ts";

/** How often writers write at full speed. */
const BURST = 50;

let made = 0;
const opened = async (name: string) => {
  const { connectionString } = await testDatabase({ name, migrate: migrateNames });
  const db = openDatabase<NameDatabase>(connectionString);
  const others = openDatabase<NameDatabase>(connectionString);
  afterAll(() => Promise.all([db.destroy(), others.destroy()]));
  // Nothing is left of a comparison, however it ended.
  afterEach(async () => {
    const { rows } = await sql<{ left: string }>`
      select name as left from annals.consumers where name like '%:verify'
      union all select tablename from pg_tables where schemaname like '%:verify'`.execute(db);
    expect(rows).toEqual([]);
  });
  return { db, others };
};
const input = (name: string) => {
  made += 1;
  return { email: `${made}@example.com`, name };
};

describe("a projection that follows", async () => {
  const { db } = await opened("verified names");
  const accounts = createRepository(Account, { db });
  const projection = nameCounts(db);
  for (const name of ["Ada", "Ada", "Grace"]) {
    const account = await accounts.create(input(name));
    account.rename("Countess");
    await accounts.update(account);
  }
  await projection.catchUp();

  it("matches what its handlers make of the events up to where it stands", async () => {
    await accounts.create(input("Not followed yet"));
    const verified = await projection.verify();
    expect(verified).toMatchObject({ projection: "name-counts", finished: true, matches: true });
    expect(verified.position).toBe((await projection.status()).position);
    expect(verified.tables.map(({ rows, rebuiltRows }) => [rows, rebuiltRows])).toEqual([
      [6, 6],
      [3, 3],
    ]);
    // What the database fills in is different each time.
    expect(verified.tables.map(({ ignored }) => ignored)).toEqual([["entry"], ["id"]]);
  });

  it("tells the rows that somebody else has changed, added and taken out", async () => {
    await sql`update name_counts set count = 1000 where name = 'Ada'`.execute(db);
    await sql`insert into name_counts (name, count) values ('Nobody', 1)`.execute(db);
    await sql`delete from name_log where sequence = 2 and name = 'Countess'`.execute(db);
    const { matches, tables } = await projection.verify();
    expect(matches).toBe(false);
    const [log, counts] = tables;
    expect(log).toMatchObject({ table: '"public"."name_log"', unexpected: 0, missing: 3 });
    expect(log?.samples.missing).toHaveLength(3);
    expect(counts).toMatchObject({ unexpected: 2, missing: 1 });
    expect(counts?.samples.missing).toEqual([{ name: "Ada", count: "2" }]);
    expect(counts?.samples.unexpected).toEqual(
      expect.arrayContaining([
        { name: "Ada", count: "1000" },
        { name: "Nobody", count: "1" },
      ]),
    );
    const ignoring = await projection.verify({ ignore: ["count"] });
    expect(ignoring.tables[1]).toMatchObject({ unexpected: 1, missing: 0 });
    await projection.rebuild();
    expect((await projection.verify()).matches).toBe(true);
    await projection.dropOld();
  });

  it("ends when told, or when a handler throws", async () => {
    const stopping = new AbortController();
    const stopped = nameCounts(db, { onHandle: () => stopping.abort() });
    expect(await stopped.verify({ signal: stopping.signal })).toMatchObject({
      finished: false,
      matches: false,
    });
    const broken = nameCounts(db, {
      onHandle: () => {
        throw new Error("broken");
      },
    });
    await expect(broken.verify()).rejects.toThrow(HandlerFailedError);
  });

  it("is compared once where two compare it at the same time, and one says that it did not", async () => {
    const both = await Promise.all([projection.verify(), projection.verify()]);
    expect(both.some(({ finished }) => finished)).toBe(true);
    for (const { finished, matches } of both) expect(matches).toBe(finished);
  });
});

describe.each([
  ["inline", true],
  ["by a consumer", false],
] as const)("a projection written %s, beside eight writers", async (kind, isInline) => {
  const { db, others } = await opened(`verified beside ${kind}`);
  const inline = nameCounts(db, { inline: true });
  const projection = isInline ? inline : nameCounts(others);
  const accounts = createRepository(Account, { db, ...(isInline && { projections: [inline] }) });

  it("raises no false alarm, and finds the one row that was changed", async () => {
    const stopping = new AbortController();
    const entries = sql`select from name_log limit 1`;
    let written = 0;
    const write = async () => {
      while (!stopping.signal.aborted) {
        const account = await accounts.create(input("Ada"));
        account.rename("Countess");
        await accounts.update(account);
        written += 1;
        // A consumer that never catches up would have more and more to do.
        await sleep(written < BURST ? 0 : 500);
      }
    };
    const writes = Promise.all(Array.from({ length: 8 }, write));
    const run = isInline ? undefined : nameCounts(others).run(stopping);
    await expect
      .poll(async () => (await entries.execute(db)).rows.length, { timeout: 30_000 })
      .toBe(1);
    expect(await projection.verify()).toMatchObject({ finished: true, matches: true });
    await sql`update name_log set sequence = 7 where entry = (select min(entry) from name_log)`.execute(
      db,
    );
    const { tables } = await projection.verify();
    expect(tables[0]).toMatchObject({ unexpected: 1, missing: 1 });
    expect(tables[0]?.samples.unexpected).toMatchObject([{ sequence: "7" }]);
    stopping.abort();
    await writes;
    await run;
  }, 240_000);
});
