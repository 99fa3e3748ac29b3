import { readdir, readFile } from "node:fs/promises";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRepository, entityMigration, frameworkMigrations } from "../src/index.ts";
import { frameworkSchema } from "./database/framework-schema.ts";
import { openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";

const database = await testDatabase();
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

/** As an application does it that keeps its tables, and its list of migrations, in a schema of its own. */
const migrateApplication = async (db: Kysely<unknown>, schema: string) => {
  await sql.raw(`create schema if not exists ${schema}`).execute(db);
  const migrations = { ...frameworkMigrations, people_0001: entityMigration(Person) };
  const migrator = new Migrator({
    db: db.withSchema(schema),
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: schema,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
};

describe("two applications on one database", () => {
  beforeAll(async () => {
    await Promise.all([migrateApplication(db, "one"), migrateApplication(db, "two")]);
  });

  it("share what the framework has, which is applied once", async () => {
    const { rows } = await sql`select name from annals.migrations order by name`.execute(db);
    const names = Object.keys(frameworkMigrations).map((name) => name.replace(/^annals_/, ""));
    expect(rows).toEqual(names.map((name) => ({ name })));
  });

  it("have entities of their own", async () => {
    const one = createRepository(Person, { db: db.withSchema("one") });
    const two = createRepository(Person, { db: db.withSchema("two") });
    const person = await one.create({ email: "a@example.com", slug: "a" });
    expect(await two.maybeFindById(person.id)).toBeUndefined();
    await two.create({ email: "a@example.com", slug: "a" });
  });
});

describe("the plain SQL", () => {
  it("comes to the schema that is committed", async () => {
    const committed = new URL("../../../migrations/schema.txt", import.meta.url).pathname;
    const other = await testDatabase();
    const db = openDatabase(other.connectionString);
    await migrateApplication(db, "app");
    await expect(await frameworkSchema(db)).toMatchFileSnapshot(committed);
    await db.destroy();
  });

  it("is passed over when Kysely's migrations come later", async () => {
    const other = await testDatabase();
    const client = new pg.Client(other.connectionString);
    await client.connect();
    const folder = new URL("../../../migrations/", import.meta.url);
    const files = (await readdir(folder)).filter((name) => name.endsWith(".sql"));
    for (const file of files.sort()) {
      await client.query(await readFile(new URL(file, folder), "utf8"));
    }
    await client.end();
    const db = openDatabase(other.connectionString);
    await migrateApplication(db, "app");
    await db.destroy();
  });
});
