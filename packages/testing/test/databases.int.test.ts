import { testDatabase, testPostgres } from "@annals/testing/vitest";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { Databases } from "../src/postgres/databases.ts";

const { connectionString: maintenance, description, prefix } = testPostgres();

const createUsers = (connectionString: string) =>
  query(connectionString, "create table users (name text)");

const own = await testDatabase();
const cloned = await testDatabase({ name: "users", migrate: createUsers });

// A run of its own, so that its databases can be counted.
const databases = new Databases(maintenance);
afterAll(() => databases.dropAll());

it("describes the server of this run", () => {
  expect(description).toMatch(/PostgreSQL \d+\.\d+.* port \d+|PostgreSQL .* DATABASE_URL/);
  expect(description).not.toContain("postgres://");
});

it("gives a test file a database of its own", async () => {
  const rows = await query(own.connectionString, "select current_database() as name");
  expect(rows).toEqual([{ name: own.name }]);
  expect(own.name.startsWith(prefix)).toBe(true);
  expect(cloned.name).not.toBe(own.name);
});

it("clones the template, whatever is then done to the clone", async () => {
  await query(cloned.connectionString, "insert into users values ('Ada')");
  const template = await new Databases(maintenance, prefix).template("users", createUsers);
  const another = await new Databases(maintenance, prefix).create(template);
  expect(await query(another.connectionString, "select * from users")).toEqual([]);
  await another.drop();
});

it("migrates a template once, however many ask for it at a time", async () => {
  let migrations = 0;
  const migrate = async (connectionString: string) => {
    migrations++;
    await createUsers(connectionString);
  };
  const workers = Array.from({ length: 8 }, () => new Databases(maintenance, databases.prefix));
  const clones = await Promise.all(
    workers.map(async (worker) => worker.create(await worker.template("once", migrate))),
  );
  expect(migrations).toBe(1);
  expect(new Set(clones.map((clone) => clone.name)).size).toBe(8);
  for (const clone of clones) {
    expect(await query(clone.connectionString, "select * from users")).toEqual([]);
  }
});

it("takes no half-migrated database for a template", async () => {
  const broken = async (connectionString: string) => {
    await createUsers(connectionString);
    throw new Error("half-way");
  };
  await expect(databases.template("broken", broken)).rejects.toThrow("half-way");
  const template = await databases.template("broken", createUsers);
  expect(template).toMatch(/^annals_test_/);
});

it("drops a database that is still in use", async () => {
  const database = await databases.create();
  const client = new pg.Client({ connectionString: database.connectionString });
  client.on("error", () => {});
  await client.connect();
  await database.drop();
  await expect(query(database.connectionString, "select 1")).rejects.toThrow(/does not exist/);
  await client.end().catch(() => {});
});

it("drops everything of its run and nothing else", async () => {
  const run = new Databases(maintenance);
  await run.create();
  await run.create(await run.template("users", createUsers));
  expect(await named(run.prefix)).toHaveLength(3);
  const others = await named(databases.prefix);
  await run.dropAll();
  expect(await named(run.prefix)).toEqual([]);
  expect(await named(databases.prefix)).toEqual(others);
});

async function named(start: string): Promise<unknown[]> {
  const rows = await query(maintenance, "select datname from pg_database order by 1");
  return rows.filter((row) => String(row.datname).startsWith(start));
}

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
