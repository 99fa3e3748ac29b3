import {
  HandlerFailedError,
  InvalidDefinitionError,
  ProjectionOldKeptError,
  ProjectionTableError,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createProjection, createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import {
  differences,
  migrateNames,
  type NameDatabase,
  nameCounts,
} from "./database/name-counts.ts";
import { openDatabase } from "./database/open.ts";

const { connectionString } = await testDatabase({ name: "name counts", migrate: migrateNames });
const db = openDatabase<NameDatabase>(connectionString);
afterAll(() => db.destroy());
const accounts = createRepository(Account, { db });

let made = 0;
const open = async (name: string, renamed?: string): Promise<void> => {
  made += 1;
  const account = await accounts.create({ email: `${made}@example.com`, name });
  if (renamed === undefined) return;
  account.rename(renamed);
  await accounts.update(account);
};

/** The instance, whatever tables it was opened for. */
const openedAs = <DB>(instance: unknown): Kysely<DB> => instance as Kysely<DB>;

/** What PostgreSQL knows of the live tables but for their identity. */
const shape = async (): Promise<readonly object[]> => {
  const { rows } = await sql<object>`
    select 'index' as kind, indexname as name, indexdef as def from pg_indexes
    where schemaname = 'public' and tablename in ('name_counts', 'name_log')
    union all
    select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint
    where conrelid in ('name_counts'::regclass, 'name_log'::regclass)
    union all
    select 'column', attname, format('%s %s %s', format_type(atttypid, atttypmod), attidentity,
      pg_get_serial_sequence(attrelid::regclass::text, attname))
    from pg_attribute where attrelid in ('name_counts'::regclass, 'name_log'::regclass) and attnum > 0
    union all
    select 'table', relname, format('%s %s', reloptions, relacl) from pg_class
    where oid in ('name_counts'::regclass, 'name_log'::regclass)
    order by 1, 2, 3`.execute(db);
  return rows;
};

describe("a projection that follows", () => {
  const projection = nameCounts(db);

  beforeEach(async () => {
    await projection.dropOld();
    await open("Ada", "Countess");
    await open("Grace");
  });

  it("is what its handlers make of the events", async () => {
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
  });

  it("is rebuilt beside the live tables, which keep their shape, and goes on from there", async () => {
    await projection.catchUp();
    await sql`grant select on name_counts to public`.execute(db);
    await sql`grant update (count) on name_counts to public`.execute(db);
    await sql`update name_counts set count = 1000`.execute(db);
    const before = await shape();
    await open("Not followed yet");
    const rebuilt = await projection.rebuild();
    expect(rebuilt).toMatchObject({ projection: "name-counts", finished: true });
    expect(await differences(db)).toEqual([]);
    expect(await shape()).toEqual(before);
    await open("Later");
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
    const { rows } = await sql`select distinct count from public__old.name_counts`.execute(db);
    expect(rows).toEqual([{ count: 1000 }]);
    expect(await projection.status()).toMatchObject({
      rebuilding: undefined,
      old: ['"public__old"."name_counts"', '"public__old"."name_log"'],
    });
  });

  it("refuses another rebuild while the replaced tables are kept, and drops them when told", async () => {
    await projection.rebuild();
    const error = await projection.rebuild().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectionOldKeptError);
    await projection.dropOld();
    expect((await projection.status()).old).toEqual([]);
    expect((await projection.rebuild()).finished).toBe(true);
    // The sequence that a default draws from has outlived the tables that it came with.
    await open("After two rebuilds");
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
  });

  it("stops when told, goes on later, and can be discarded", async () => {
    const stopping = new AbortController();
    const aborted = nameCounts(db, { delayMs: 20 });
    setTimeout(() => stopping.abort(), 300);
    const stopped = await aborted.rebuild({ signal: stopping.signal });
    expect(stopped.finished).toBe(false);
    const { rebuilding } = await projection.status();
    expect(rebuilding?.startedAt).toBeInstanceOf(Date);
    const progress: number[] = [];
    const { position } = await projection.rebuild({
      onProgress: (one) => progress.push(one.position),
    });
    expect(progress.at(-1)).toBe(position);
    expect(await differences(db)).toEqual([]);

    await projection.dropOld();
    const again = new AbortController();
    setTimeout(() => again.abort(), 300);
    await aborted.rebuild({ signal: again.signal });
    await projection.discardRebuild();
    expect((await projection.status()).rebuilding).toBeUndefined();
    expect(await differences(db)).toEqual([]);
  });

  it("begins anew when the live tables have other columns than those that were being filled", async () => {
    const aborted = new AbortController();
    setTimeout(() => aborted.abort(), 200);
    await nameCounts(db, { delayMs: 20 }).rebuild({ signal: aborted.signal });
    await sql`alter table name_counts add column note text`.execute(db);
    await projection.rebuild();
    expect(await differences(db)).toEqual([]);
    await sql`alter table name_counts drop column note`.execute(db);
  });

  it("leaves the live tables alone when a handler throws, and goes on once it is mended", async () => {
    await projection.catchUp();
    const broken = createProjection(db, {
      name: "name-counts",
      topics: [Account],
      tables: ["name_counts", "name_log"],
      onEvent: async (_, { tx }) => {
        await tx.deleteFrom("name_counts").execute();
        throw new Error("broken");
      },
    });
    await expect(broken.rebuild()).rejects.toThrow(HandlerFailedError);
    expect(await differences(db)).toEqual([]);
    expect((await projection.rebuild({ restart: true })).finished).toBe(true);
    expect(await differences(db)).toEqual([]);
  });

  it("refuses raw SQL that a rebuild could not send to the new tables", async () => {
    const raw = createProjection(db, {
      name: "raw",
      topics: [Account],
      tables: ["name_counts"],
      onEvent: async (_, { tx }) => {
        await sql`update public.name_counts set count = 0`.execute(tx);
      },
    });
    await projection.catchUp();
    const error = await raw.rebuild().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HandlerFailedError);
    expect((error as Error).cause).toBeInstanceOf(ProjectionTableError);
    expect(await differences(db)).toEqual([]);
    await raw.discardRebuild();
  });

  it("begins anew in place", async () => {
    await projection.catchUp();
    await sql`update name_counts set count = 1000`.execute(db);
    expect(await projection.reset()).toBe(true);
    expect((await projection.status()).position).toBe(0);
    expect(await db.selectFrom("name_log").selectAll().execute()).toEqual([]);
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
  });
});

describe("a table that cannot be replaced", () => {
  const cases = [
    ["is not there", "select 1", "missing"],
    ["is used by the view", "create view v as select * from obstructed", "obstructed"],
    [
      "has the trigger",
      "create trigger t before update on obstructed execute function at()",
      "obstructed",
    ],
    ["is referenced by", "create table referring (id int references obstructed)", "obstructed"],
    ["has policies", "alter table obstructed enable row level security", "obstructed"],
    ["is part of an inheritance", "create table child () inherits (obstructed)", "obstructed"],
    ["is published", "create publication p for table obstructed", "obstructed"],
    ["is not an ordinary table", "create view v as select 1 as id", "v"],
  ] as const;

  it.each(cases)("%s", async (problem, ddl, table) => {
    await sql`create table obstructed (id int primary key)`.execute(db);
    await sql`create function at() returns trigger language plpgsql as 'begin return null; end'`.execute(
      db,
    );
    await sql.raw(ddl).execute(db);
    const projection = createProjection(openedAs<Record<string, object>>(db), {
      name: "obstructed",
      topics: [Account],
      tables: [table],
      onEvent: () => {},
    });
    const error = await projection.rebuild().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectionTableError);
    expect(error).toMatchObject({ message: expect.stringContaining(problem) });
    expect(await projection.status()).toMatchObject({ rebuilding: undefined, old: [] });
    await sql`drop publication if exists p`.execute(db);
    await sql`drop view if exists v`.execute(db);
    await sql`drop table obstructed cascade`.execute(db);
    await sql`drop table if exists referring`.execute(db);
    await sql`drop function at()`.execute(db);
  });
});

describe("a definition that cannot work", () => {
  it("is refused at once", () => {
    const options = { name: "refused", topics: [Account], onEvent: () => {} } as const;
    const make = (more: {
      readonly tables: readonly "name_log"[];
      readonly lockTimeoutMs?: number;
    }) => createProjection(db, { ...options, ...more });
    expect(() => make({ tables: [] })).toThrow(InvalidDefinitionError);
    expect(() => make({ tables: ["name_log", "name_log"] })).toThrow(InvalidDefinitionError);
    expect(() => make({ tables: ["name_log"], lockTimeoutMs: 0 })).toThrow(InvalidDefinitionError);
  });
});
