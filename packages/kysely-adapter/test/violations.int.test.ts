import { createStoreRepository, type EntityOf } from "@annals/core";
import { model } from "@annals/core/adapter";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRepository, kyselyStore } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
const db = openDatabase(database.connectionString);
const people = createStoreRepository(Person, kyselyStore(db, { lockTimeoutMs: 100 }));
// Another session, for locks and for what happens behind the library's back.
const other = new pg.Client(database.connectionString);
await other.connect();
afterAll(async () => {
  await other.end();
  await db.destroy();
});

let count = 0;
let person: EntityOf<typeof Person>;
const fresh = () => {
  count += 1;
  return { email: `p${count}@example.com`, slug: `p${count}` };
};

beforeEach(async () => {
  person = await people.create(fresh());
});
afterEach(() => other.query("rollback"));

const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: Error) => error,
  );

describe("a refused write", () => {
  it("names the unique column, keeps the value out of the message and the cause at hand", async () => {
    const error = await thrownBy(
      people.create({ ...fresh(), email: person.state.email.toUpperCase() }),
    );
    expect(error).toMatchObject({
      code: "ANNALS_DUPLICATE_VALUE",
      columns: ["email"],
      values: [person.state.email],
      cause: { code: "23505", constraint: "people_email_key" },
    });
    expect(error?.message).not.toContain(person.state.email);
  });

  it("names all columns of a composite", async () => {
    const error = await thrownBy(people.create({ ...fresh(), slug: person.state.slug }));
    expect(error).toMatchObject({ columns: ["tenantId", "slug"] });
  });

  it("tells a foreign key", async () => {
    person.employ("00000000-0000-4000-8000-000000000000");
    expect(await thrownBy(people.update(person))).toMatchObject({
      code: "ANNALS_CONSTRAINT_VIOLATION",
      kind: "foreign-key",
      constraint: "people_boss_id_fkey",
      column: "bossId",
    });
    expect(person.pending).toHaveLength(1);
  });

  it("tells a check", async () => {
    person.rename("");
    expect(await thrownBy(people.update(person))).toMatchObject({
      kind: "check",
      constraint: "people_slug_check",
      column: "slug",
    });
  });

  it("names the column of an enum and of NOT NULL too", async () => {
    const { state, columns: models } = Person[model];
    const encoded = state.encode(person.state);
    if (!encoded.ok) throw encoded.cause;
    const { stored } = encoded.result;
    const columns = models.map(({ readValue }) => readValue(person.state, stored));
    const at = (property: string) =>
      Person.plan.columns.findIndex((column) => column.property === property);
    const write = (change: Readonly<Record<number, null | string>>) =>
      kyselyStore(db)
        .entity(Person.plan)
        .write(
          {
            id: person.id,
            expectedVersion: 1,
            events: [{ type: "Renamed", version: 1, body: { type: "Renamed", slug: "x" } }],
            columns: columns.map((value, index) =>
              index in change ? (change[index] ?? null) : value,
            ),
            context: null,
          },
          undefined,
        );
    expect(await thrownBy(write({ [at("status")]: "neither" }))).toMatchObject({
      kind: "check",
      constraint: "people_status_enum",
      column: "status",
    });
    expect(await thrownBy(write({ [at("age")]: null }))).toMatchObject({
      kind: "not-null",
      column: "age",
    });
  });

  it("tells a broken history, when the index row was moved behind the library's back", async () => {
    await sql`update people set version = 7 where id = ${person.id}::uuid`.execute(db);
    await expect(people.findById(person.id)).rejects.toMatchObject({ code: "ANNALS_STORED_EVENT" });
  });

  it("is a conflict when somebody else appended first", async () => {
    const copy = await people.findById(person.id);
    copy.rename("first");
    await people.update(copy);
    person.rename("second");
    expect(await thrownBy(people.update(person))).toMatchObject({
      code: "ANNALS_CONCURRENT_MODIFICATION",
      retryable: true,
      expectedVersion: 1,
    });
  });

  it("is a conflict in a stricter isolation level too", async () => {
    const copy = await people.findById(person.id);
    copy.rename("theirs");
    person.rename("mine");
    const error = await thrownBy(
      db
        .transaction()
        .setIsolationLevel("repeatable read")
        .execute(async (tx) => {
          await people.findById(person.id, { tx });
          await people.update(copy);
          await people.update(person, { tx });
        }),
    );
    expect(error).toMatchObject({ code: "ANNALS_CONCURRENT_MODIFICATION" });
  });
});

describe("a write that waits for a lock", () => {
  const lockRow = async () => {
    await other.query("begin");
    await other.query("select from people where id = $1 for update", [person.id]);
  };

  it("gives up after its bound, and may be repeated", async () => {
    await lockRow();
    person.rename("later");
    expect(await thrownBy(people.update(person))).toMatchObject({
      code: "ANNALS_LOCK_TIMEOUT",
      retryable: true,
    });
    await other.query("rollback");
    expect(await people.update(person)).toBe(1);
  });

  it("holds no lock on the events table meanwhile, so that consumers go on", async () => {
    await lockRow();
    const patient = createStoreRepository(Person, kyselyStore(db, { lockTimeoutMs: 5_000 }));
    const copy = await patient.findById(person.id);
    copy.rename("patient");
    const waiting = patient.update(copy);
    const held = await locksOfWaiters();
    expect(held).toContain("people");
    expect(held).not.toContain("person_events");
    await other.query("rollback");
    expect(await waiting).toBe(1);
  });

  it("holds none either when it waits for a value that another transaction is inserting", async () => {
    await other.query("begin");
    await other.query("update people set email = 'taken@example.com' where id = $1", [person.id]);
    const patient = createStoreRepository(Person, kyselyStore(db, { lockTimeoutMs: 5_000 }));
    const waiting = patient.create({ ...fresh(), email: "taken@example.com" });
    expect(await locksOfWaiters()).not.toContain("person_events");
    await other.query("rollback");
    await waiting;
  });

  it("leaves the caller's own bound as it was in the caller's transaction", async () => {
    await db.transaction().execute(async (tx) => {
      await sql`set local lock_timeout = '7s'`.execute(tx);
      person.rename("joined");
      await people.update(person, { tx });
      const { rows } = await sql<{ lock_timeout: string }>`show lock_timeout`.execute(tx);
      expect(rows[0]?.lock_timeout).toBe("7s");
    });
  });
});

/** The tables on which a backend that waits for a lock holds one itself. */
const locksOfWaiters = async (): Promise<string[]> => {
  const waiters = `select pid from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  for (;;) {
    const { rows } = await other.query(`select distinct c.relname from pg_locks l
      join pg_class c on c.oid = l.relation and c.relkind = 'r'
      where l.granted and l.pid in (${waiters})`);
    if (rows.length > 0) return rows.map(({ relname }) => relname);
  }
};

describe("a database that is not ready", () => {
  it("is told from one that has failed", async () => {
    const { rows } = await other.query("select current_database() as name");
    expect(rows).toHaveLength(1);
    const elsewhere = createRepository(Person, { db: db.withSchema("nowhere") });
    expect(await thrownBy(elsewhere.create(fresh()))).toMatchObject({
      code: "ANNALS_DATABASE",
      retryable: false,
      hint: expect.stringContaining("migrations"),
    });
  });

  it("refuses an append that meets a position which is taken", async () => {
    const { rows } = await other.query("select last_value from annals.position");
    await other.query("select setval('annals.position', 1, false)");
    person.rename("behind");
    expect(await thrownBy(people.update(person))).toMatchObject({
      code: "ANNALS_POSITION_SEQUENCE_BEHIND",
    });
    await other.query("select setval('annals.position', $1)", [rows[0].last_value]);
    expect(await people.update(person)).toBe(1);
  });
});
