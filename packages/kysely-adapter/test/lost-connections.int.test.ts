import { setTimeout as sleep } from "node:timers/promises";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { annalsPool, createRepository, transaction } from "../src/index.ts";
import { migrate } from "./database/open.ts";
import { Person } from "./database/person.ts";

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
// As a user opens it: nobody listens for errors, which pg emits as events when no statement runs.
const pool = annalsPool(new pg.Pool({ connectionString: database.connectionString }));
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
const people = createRepository(Person, { db });
const other = new pg.Client(database.connectionString);
await other.connect();
afterAll(async () => {
  await other.end();
  await db.destroy();
});

const terminateOthers = async () => {
  await other.query(
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await sleep(100);
};

it("survives a connection that breaks in the pool", async () => {
  await sql`select 1`.execute(db);
  await terminateOthers();
  expect(await people.maybeFindByEmail("nobody@example.com")).toBeUndefined();
});

it("survives a connection that breaks in a transaction between two statements", async () => {
  const broken = transaction(db, async (tx) => {
    await people.create({ email: "lost@example.com", slug: "lost" }, { tx });
    await terminateOthers();
    await people.create({ email: "late@example.com", slug: "late" }, { tx });
  });
  await expect(broken).rejects.toMatchObject({ code: expect.stringMatching(/^ANNALS_/) });
  expect(await people.maybeFindByEmail("lost@example.com")).toBeUndefined();
});
