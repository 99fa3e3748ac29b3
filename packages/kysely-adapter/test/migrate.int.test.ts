import { mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineEntity } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { Migrator } from "kysely/migration";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  checkSchema,
  createRepository,
  entityTablesSql,
  frameworkMigrations,
  migrate,
  migrationProvider,
} from "../src/index.ts";
import { openDatabase } from "./database/open.ts";

const Note = defineEntity({
  name: "note",
  schema: z.object({ text: z.string() }),
  events: { Written: z.object({ text: z.string() }) },
  create: (text: string) => ({ type: "Written", text }),
  evolve: { Written: (_, { text }) => ({ text }) },
  commands: {},
  index: { text: {} },
});

let folder: string;
let db: ReturnType<typeof openDatabase>;
let connectionString: string;

beforeEach(async () => {
  ({ connectionString } = await testDatabase());
  db = openDatabase(connectionString);
  folder = await mkdtemp(join(tmpdir(), "annals-migrate-"));
  await write("0001_notes", entityTablesSql(Note));
});
afterEach(async () => {
  await db.destroy();
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFile(join(folder, `${name}.sql`), text);
const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
const framework = Object.keys(frameworkMigrations);

describe("migrate", () => {
  it("applies the framework's and the application's, once", async () => {
    expect(names(await migrate(db, { folder }))).toEqual([...framework, "0001_notes"]);
    expect(await migrate(db, { folder })).toEqual([]);
    await write("0002_more", "create table more (id int); insert into more values (1);");
    expect(names(await migrate(db, { folder }))).toEqual(["0002_more"]);
    expect(await checkSchema(db, [Note])).toEqual([]);
    await createRepository(Note, { db }).create("hello");
  });

  it("says what it would do, and does nothing, on a dry run", async () => {
    const would = await migrate(db, { folder, dryRun: true });
    expect(names(would)).toEqual([...framework, "0001_notes"]);
    expect(would.at(-1)?.sql).toContain('create table "public"."notes"');
    const { rows } = await sql`select to_regclass('annals.migrations') as there`.execute(db);
    expect(rows).toEqual([{ there: null }]);
  });

  it("is safe when many processes start at once", async () => {
    await write("0002_count", "create table counted (n int); insert into counted values (1);");
    const runs = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const own = openDatabase(connectionString);
        try {
          return await migrate(own, { folder });
        } finally {
          await own.destroy();
        }
      }),
    );
    expect(
      names(runs.flat())
        .filter((name) => !name.startsWith("annals_"))
        .sort(),
    ).toEqual(["0001_notes", "0002_count"]);
    const { rows } = await sql`select n from counted`.execute(db);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it("keeps nothing of a migration that fails, and all before it", async () => {
    await write("0002_fails", "create table half (n int); select 1 / 0;");
    const failed = await migrate(db, { folder }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: "ANNALS_MIGRATION_FAILED",
      migration: "0002_fails",
      cause: { code: "22012" },
    });
    const { rows } =
      await sql`select to_regclass('notes') as notes, to_regclass('half') as half`.execute(db);
    expect(rows).toEqual([{ notes: "notes", half: null }]);
    await write("0002_fails", "create table half (n int);");
    expect(names(await migrate(db, { folder }))).toEqual(["0002_fails"]);
  });

  it("runs a file outside of a transaction when it says so", async () => {
    const index = "create index concurrently notes_more_idx on notes (text, version)";
    await write("0002_index", `-- annals: no transaction\n${index};\n`);
    const runs = await Promise.all([0, 1, 2].map(() => migrate(db, { folder })));
    expect(names(runs.flat()).filter((name) => name === "0002_index")).toHaveLength(1);
    const { rows } = await sql`select to_regclass('notes_more_idx') as there`.execute(db);
    expect(rows).toEqual([{ there: "notes_more_idx" }]);
  });

  it.each([
    ["was edited", "changed", () => write("0001_notes", "select 1;")],
    ["is gone", "missing", () => unlink(join(folder, "0001_notes.sql"))],
    ["comes before an applied one", "out-of-order", () => write("0000_late", "select 1;")],
  ])("refuses when a file %s", async (_, kind, change) => {
    await migrate(db, { folder });
    await change();
    await expect(migrate(db, { folder })).rejects.toMatchObject({
      code: "ANNALS_MIGRATION_MISMATCH",
      kind,
    });
  });

  it("takes an early file when told to", async () => {
    await migrate(db, { folder });
    await write("0000_late", "select 1;");
    expect(names(await migrate(db, { folder, outOfOrder: true }))).toEqual(["0000_late"]);
  });

  it("keeps applications apart", async () => {
    await migrate(db, { folder, application: "one" });
    await write("0001_notes", "select 1;");
    expect(names(await migrate(db, { folder, application: "two" }))).toEqual(["0001_notes"]);
  });

  it("says which folder it cannot read", async () => {
    await expect(migrate(db, { folder: "/nowhere" })).rejects.toThrow('"/nowhere" cannot be read');
  });
});

describe("migrationProvider", () => {
  it("serves Kysely's Migrator", async () => {
    const provider = migrationProvider({ folder });
    const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
    expect(error).toBeUndefined();
    expect(results?.map(({ migrationName }) => migrationName)).toEqual([
      ...framework,
      "app_0001_notes",
    ]);
    expect(await checkSchema(db, [Note])).toEqual([]);
  });
});
