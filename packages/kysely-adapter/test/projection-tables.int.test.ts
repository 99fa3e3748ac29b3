import { ProjectionTableError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createProjection, createRepository } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

// A rebuild refuses what it would silently lose, and a comparison refuses less.

const { connectionString } = await testDatabase({
  name: "obstructed tables",
  migrate: async (target) => {
    await migrate(target, [Account]);
    const db = openDatabase(target);
    await sql`create function at() returns trigger language plpgsql as 'begin return new; end'`.execute(
      db,
    );
    await sql`create table obstructed (id uuid primary key, position bigint)`.execute(db);
    await db.destroy();
  },
});
const db = openDatabase<{ obstructed: { id: string; position: number } }>(connectionString);
afterAll(() => db.destroy());

const projecting = (table: string) =>
  createProjection(db as unknown as Kysely<Record<string, { id: string; position: number }>>, {
    name: "obstructed",
    topics: [Account],
    tables: [table],
    on: {
      AccountOpened: async (_, { tx, entityId, position }) => {
        await tx.insertInto("obstructed").values({ id: entityId, position }).execute();
      },
    },
  });

const refused = async (table: string): Promise<unknown> => {
  const error = await projecting(table)
    .rebuild()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProjectionTableError);
  expect(await projecting(table).status()).toMatchObject({ rebuilding: undefined, old: [] });
  return error;
};

describe("a table that cannot be replaced", async () => {
  await createRepository(Account, { db }).create({ email: "ada@example.com", name: "Ada" });
  await projecting("obstructed").catchUp();

  const cases = [
    ["is used by the view", "create view v as select * from obstructed", "drop view v"],
    [
      "has the trigger",
      "create trigger t before update on obstructed execute function at()",
      "drop trigger t on obstructed",
    ],
    [
      "is referenced by",
      "create table referring (id uuid references obstructed)",
      "drop table referring",
    ],
    [
      "has policies",
      "alter table obstructed enable row level security",
      "alter table obstructed disable row level security",
    ],
    [
      "is part of an inheritance",
      "create table child () inherits (obstructed)",
      "drop table child",
    ],
    ["is published", "create publication p for table obstructed", "drop publication p"],
    [
      "is used by the function",
      "create function all_of() returns setof obstructed language sql begin atomic select * from obstructed; end",
      "drop function all_of",
    ],
    ["is a type of", "create table typed (one obstructed)", "drop table typed"],
  ] as const;

  it.each(cases)("%s", async (problem, ddl, undo) => {
    await sql.raw(ddl).execute(db);
    expect(await refused("obstructed")).toMatchObject({
      message: expect.stringContaining(problem),
      table: "public.obstructed",
    });
    expect(await projecting("obstructed").verify()).toMatchObject({ matches: true });
    await sql.raw(undo).execute(db);
  });

  it("is partitioned", async () => {
    await sql`create table parted (id uuid) partition by hash (id)`.execute(db);
    expect(await refused("parted")).toMatchObject({
      message: expect.stringContaining("is partitioned"),
    });
    await sql`drop table parted`.execute(db);
  });

  it("is not there, or is no table", async () => {
    await sql`create view v as select 1 as id`.execute(db);
    for (const name of ["nowhere", "v"]) {
      expect(await refused(name)).toMatchObject({ table: `public.${name}` });
      await expect(projecting(name).verify()).rejects.toThrow(ProjectionTableError);
    }
    await sql`drop view v`.execute(db);
  });

  it("is replaced when nothing stands in the way any more", async () => {
    expect((await projecting("obstructed").rebuild()).finished).toBe(true);
    expect(await db.selectFrom("obstructed").selectAll().execute()).toHaveLength(1);
    await projecting("obstructed").dropOld();
  });
});
