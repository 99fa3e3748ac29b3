import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import {
  HandlerFailedError,
  ProjectionOldKeptError,
  ProjectionSwappedError,
  ProjectionTableError,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createProjection, createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import {
  differences,
  migrateNames,
  type NameDatabase,
  nameCounts,
  shape,
} from "./database/name-counts.ts";
import { openDatabase } from "./database/open.ts";

const PATIENT = { timeout: 60_000 };

let made = 0;
const opened = async (name: string) => {
  const { connectionString } = await testDatabase({ name, migrate: migrateNames });
  const db = openDatabase<NameDatabase>(connectionString);
  afterAll(() => db.destroy());
  const accounts = createRepository(Account, { db });
  const open = async (given: string, renamed?: string): Promise<void> => {
    made += 1;
    const account = await accounts.create({ email: `${made}@example.com`, name: given });
    if (renamed === undefined) return;
    account.rename(renamed);
    await accounts.update(account);
  };
  return { connectionString, db, open };
};

const eventsOf = async (db: Kysely<NameDatabase>): Promise<number> =>
  (await db.selectFrom("name_log").selectAll().execute()).length;

describe("a rebuild", async () => {
  const { connectionString, db, open } = await opened("rebuilt names");
  const projection = nameCounts(db);
  for (let n = 0; n < 20; n += 1) await open(`Name ${n % 7}`, "Renamed");

  afterEach(async () => {
    await projection.discardRebuild();
    await projection.dropOld();
  });

  it("puts tables of the same shape in place, from where the projection goes on", async () => {
    await projection.catchUp();
    await sql`grant select on name_counts to public`.execute(db);
    await sql`grant update (count) on name_counts to public`.execute(db);
    await sql`comment on table name_log is 'every name'`.execute(db);
    await sql`comment on column name_log.name is 'a name'`.execute(db);
    await sql`update name_counts set count = 1000`.execute(db);
    const before = await shape(db);
    await open("Not followed yet");
    const rebuilt = await projection.rebuild();
    expect(rebuilt).toMatchObject({ projection: "name-counts", finished: true });
    expect(rebuilt.position).toBe((await projection.status()).position);
    expect(await differences(db)).toEqual([]);
    expect(await shape(db)).toEqual(before);
    await open("Later");
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
    const kept = sql`select distinct count from "name-counts:old".name_counts`;
    expect((await kept.execute(db)).rows).toEqual([{ count: 1000 }]);
    expect(await projection.status()).toMatchObject({
      rebuilding: undefined,
      old: ['"name-counts:old"."name_log"', '"name-counts:old"."name_counts"'],
    });
  });

  it("is refused while the replaced tables are kept, until they are dropped", async () => {
    await projection.rebuild();
    await expect(projection.rebuild()).rejects.toThrow(ProjectionOldKeptError);
    await projection.dropOld();
    expect((await projection.status()).old).toEqual([]);
    expect((await projection.rebuild()).finished).toBe(true);
    // The sequence that a default draws from has outlived the tables that it came with.
    await open("After two rebuilds");
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
  });

  it("stops when told, goes on later, and not anew", async () => {
    const stopping = new AbortController();
    const stopped = nameCounts(db, { onHandle: () => stopping.abort() });
    expect((await stopped.rebuild({ signal: stopping.signal })).finished).toBe(false);
    expect((await projection.status()).rebuilding?.startedAt).toBeInstanceOf(Date);
    let handled = 0;
    const progress: number[] = [];
    const goingOn = nameCounts(db, { onHandle: () => (handled += 1) });
    await open("One more");
    const { position } = await goingOn.rebuild({
      onProgress: (one) => progress.push(one.position),
    });
    expect(progress.at(-1)).toBe(position);
    expect(await differences(db)).toEqual([]);
    expect(handled).toBeLessThan(await eventsOf(db));
  });

  it("is given up when told", async () => {
    const stopping = new AbortController();
    const stopped = nameCounts(db, { onHandle: () => stopping.abort() });
    await stopped.rebuild({ signal: stopping.signal });
    await projection.discardRebuild();
    expect((await projection.status()).rebuilding).toBeUndefined();
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
  });

  it("begins anew when the live tables have other columns than those that were being filled", async () => {
    const stopping = new AbortController();
    const stopped = nameCounts(db, { onHandle: () => stopping.abort() });
    await stopped.rebuild({ signal: stopping.signal });
    await sql`alter table name_counts add column note text default 'none'`.execute(db);
    await projection.rebuild();
    expect(await differences(db)).toEqual([]);
    const { rows } = await sql`select distinct note from name_counts`.execute(db);
    expect(rows).toEqual([{ note: "none" }]);
    await projection.dropOld();
    await sql`alter table name_counts drop column note`.execute(db);
    expect((await projection.rebuild()).finished).toBe(true);
    expect(await differences(db)).toEqual([]);
  });

  it("goes on where a process was killed in the middle", async () => {
    const file = join(import.meta.dirname, "faults/rebuild-process.ts");
    const child = spawn(process.execPath, ["--conditions=@annals/source", file, connectionString], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const exited = once(child, "exit");
    const filled = async () => (await projection.status()).rebuilding?.position ?? 0;
    await expect.poll(filled, PATIENT).toBeGreaterThan(0);
    child.kill("SIGKILL");
    expect(await exited).toEqual([null, "SIGKILL"]);
    let handled = 0;
    const goingOn = nameCounts(db, { onHandle: () => (handled += 1) });
    expect((await goingOn.rebuild()).finished).toBe(true);
    expect(await differences(db)).toEqual([]);
    expect(handled).toBeLessThan(await eventsOf(db));
  }, 90_000);

  it("leaves the live tables alone when a handler throws, and goes on once it is mended", async () => {
    await projection.catchUp();
    const broken = nameCounts(db, {
      onHandle: (name) => {
        if (name === "Renamed") throw new Error("broken");
      },
    });
    const error = await broken.rebuild().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HandlerFailedError);
    expect(error).toMatchObject({ topic: "account", sequence: 2, cause: { message: "broken" } });
    expect(await differences(db)).toEqual([]);
    expect((await projection.rebuild()).finished).toBe(true);
    expect(await differences(db)).toEqual([]);
  });

  it("refuses handlers that come to a live table, and keeps nothing of it", async () => {
    const raw = createProjection(db, {
      name: "raw",
      topics: [Account],
      tables: ["name_log"],
      onEvent: async (_, { tx }) => {
        await sql`update public.name_log set position = 0`.execute(tx);
      },
    });
    await projection.catchUp();
    await expect(raw.rebuild()).rejects.toThrow(ProjectionTableError);
    expect(await differences(db)).toEqual([]);
    await raw.discardRebuild();
  });

  it("leads what Kysely qualifies to the new tables", async () => {
    const qualified = createProjection(db.withSchema("public"), {
      name: "qualified",
      topics: [Account],
      tables: ["name_counts", "name_log"],
      on: {
        AccountOpened: async ({ name }, { tx, entityId, sequence, position }) => {
          await tx
            .insertInto("name_counts")
            .values({ name: `${name} ${position}`, count: 1 })
            .execute();
          const row = { account: entityId, name: `${name} ${position}`, sequence, position };
          await tx.insertInto("name_log").values(row).execute();
        },
      },
    });
    expect((await qualified.rebuild()).finished).toBe(true);
    const { rows } = await sql`select count(*)::int as n from name_counts where count <> 1`.execute(
      db,
    );
    expect(rows).toEqual([{ n: 0 }]);
    await qualified.dropOld();
    await projection.rebuild();
    expect(await differences(db)).toEqual([]);
  });
});

describe("a projection's own consumer", async () => {
  const { db, open } = await opened("retried names");

  it("tries again what has failed, and holds back what comes after it", async () => {
    let failures = 0;
    const failing = nameCounts(db, {
      onHandle: (name) => {
        if (name !== "Twice" || failures === 2) return;
        failures += 1;
        throw new Error("not yet");
      },
    });
    await open("Once", "Twice");
    await open("Other");
    await failing.catchUp();
    await expect.poll(() => failing.catchUp().then(() => differences(db)), PATIENT).toEqual([]);
    expect(failures).toBe(2);
  });

  it("calls no handler on tables that have its events already", async () => {
    await nameCounts(db).catchUp();
    for (let n = 0; n < 5; n += 1) await open("Waiting");
    const [entered, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const failures: unknown[] = [];
    const own = nameCounts(db, {
      batchSize: 1,
      onHandle: () => {
        entered.resolve();
        return goOn.promise;
      },
      onFailed: (error) => failures.push(error),
    });
    const stopping = new AbortController();
    const run = own.run({ signal: stopping.signal });
    await entered.promise;
    const rebuilt = nameCounts(db).rebuild();
    const waiting = sql`select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
    await expect.poll(async () => (await waiting.execute(db)).rows.length, PATIENT).toBe(1);
    goOn.resolve();
    expect((await rebuilt).finished).toBe(true);
    await open("Afterwards");
    await expect.poll(() => differences(db), PATIENT).toEqual([]);
    stopping.abort();
    await run;
    expect(failures).toEqual([]);
    await nameCounts(db).dropOld();
  }, 90_000);
});

describe("an inline projection", async () => {
  const { connectionString, db, open } = await opened("inline rebuilt names");
  const others = openDatabase<NameDatabase>(connectionString);
  afterAll(() => others.destroy());
  const inline = nameCounts(db, { inline: true });
  const accounts = createRepository(Account, { db, projections: [inline] });
  afterEach(() => inline.dropOld());

  it("begins with what was there before it by a rebuild", async () => {
    for (let n = 0; n < 5; n += 1) await open("Before", "After");
    await accounts.create({ email: "inline@example.com", name: "Inline" });
    expect(await differences(db)).not.toEqual([]);
    expect((await inline.rebuild()).finished).toBe(true);
    await accounts.create({ email: "later@example.com", name: "Later" });
    expect(await differences(db)).toEqual([]);
  });

  it("refuses a transaction whose snapshot is older than the tables", async () => {
    const work = (between: () => Promise<unknown>, email: string) =>
      transaction(
        db,
        async (tx) => {
          await sql`select 1`.execute(tx);
          await between();
          await accounts.create({ email, name: "Old" }, { tx });
        },
        { isolationLevel: "repeatable read" },
      );
    const swap = () => nameCounts(others, { inline: true }).rebuild();
    await expect(work(swap, "old@example.com")).rejects.toThrow(ProjectionSwappedError);
    await work(async () => {}, "new@example.com");
    expect(await differences(db)).toEqual([]);
  });
});
