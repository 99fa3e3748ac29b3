import { createStoreRepository } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { checkSchema, kyselyStore, verify } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";
import { Resident } from "./database/resident.ts";
import { columnsOf, newId, opened, renamed, sqlAccounts } from "./database/sql-accounts.ts";

// Writers and readers that are not Annals: plain SQL, as any language sends it.

const database = await testDatabase({
  name: "account-person-resident",
  migrate: (connectionString) => migrate(connectionString, [Account, Person, Resident]),
});
const db = openDatabase(database.connectionString);
const pool = new pg.Pool({ connectionString: database.connectionString, max: 12 });
const accounts = createStoreRepository(Account, kyselyStore(db));
const residents = createStoreRepository(Resident, kyselyStore(db));
const people = createStoreRepository(Person, kyselyStore(db));
afterAll(async () => {
  await pool.end();
  await db.destroy();
});

const { append, create } = sqlAccounts(pool);

describe("account_append", () => {
  it("creates an entity that the library reads, and appends to it", async () => {
    const { id, email } = await create();
    const context = { by: "psql" };
    expect(await append(id, 1, [renamed("B"), renamed("C")], { name: "C" }, context)).toBe(3);
    const account = await accounts.findByEmail(email);
    expect(account).toMatchObject({ id, version: 3, state: { email, name: "C" } });
    account.rename("D");
    await accounts.update(account);
    expect(await append(id, 4, [renamed("E")], { name: "E" })).toBe(5);
    expect(await verify(db, Account)).toMatchObject({ differing: 0 });
    const { rows } = await pool.query("select context from account_replay($1)", [id]);
    expect(rows.map((row) => row.context)).toEqual([null, context, context, null, null]);
  });

  it("keeps the index columns that are left out", async () => {
    const { id, email } = await create();
    await append(id, 1, [renamed("B")], { name: "B" });
    expect(await accounts.findByEmail(email)).toMatchObject({ version: 2 });
    expect(await verify(db, Account)).toMatchObject({ differing: 0 });
  });

  it.each([
    ["behind", 1, "is at version 2, not at 1"],
    ["ahead", 3, "is at version 2, not at 3"],
    ["created again", 0, "is at version 2, not at 0"],
  ])("refuses a version that is %s, with a state of its own", async (_, version, message) => {
    const { id, email } = await create();
    await append(id, 1, [renamed("B")], { name: "B" });
    await expect(append(id, version, [opened(email)], columnsOf(email))).rejects.toMatchObject({
      code: "AN003",
      message: `account ${id} ${message}`,
    });
    expect((await accounts.findById(id)).version).toBe(2);
  });

  it("refuses to append to what is not there", async () => {
    await expect(append(newId(), 1, [renamed("B")])).rejects.toMatchObject({ code: "AN003" });
  });

  it.each<[what: string, events: unknown, columns: unknown, code: string]>([
    ["no events", [], {}, "AN004"],
    ["something else than a list", renamed("B"), {}, "AN004"],
    ["an event that is no object", ["AccountRenamed"], {}, "AN004"],
    ["a column that there is not", [renamed("B")], { nam: "B" }, "AN004"],
    ["columns that are no object", [renamed("B")], ["B"], "AN004"],
    ["an event type that is not declared", [{ type: "Gone" }], {}, "23514"],
    ["a type that is missing", [{ name: "B" }], {}, "23502"],
    ["a first version spelled out", [{ ...renamed("B"), v: 1 }], {}, "23514"],
    ["a required column set to null", [renamed("B")], { name: null }, "23502"],
  ])("refuses %s, and leaves nothing behind", async (_, events, columns, code) => {
    const { id } = await create();
    await expect(append(id, 1, events, columns)).rejects.toMatchObject({ code });
    expect((await accounts.findById(id)).version).toBe(1);
  });

  it("refuses a missing id or version", async () => {
    await expect(append(null, 0, [renamed("B")])).rejects.toMatchObject({ code: "AN004" });
    await expect(append(newId(), null, [renamed("B")])).rejects.toMatchObject({ code: "AN004" });
    await expect(append(newId(), -1, [renamed("B")])).rejects.toMatchObject({ code: "AN004" });
  });

  it("keeps unique columns unique, by the constraint's name", async () => {
    const { email } = await create();
    await expect(append(newId(), 0, [opened(email)], columnsOf(email))).rejects.toMatchObject({
      code: "23505",
      constraint: "accounts_email_key",
    });
  });

  it("writes columns of every type, and refuses to change one that is immutable", async () => {
    const original = await people.create({ email: "p@example.com", slug: "p" });
    const { rows } = await pool.query(
      `select person_append(gen_random_uuid(), 0,
         (select jsonb_agg(event || '{"slug": "q", "email": "q@example.com"}' order by sequence) from person_replay($1)),
         to_jsonb(p) - '{id,created_at,version,deleted_at}'::text[]
           || '{"email": "q@example.com", "slug": "q"}') as version
       from people p where id = $1`,
      [original.id],
    );
    expect(rows).toEqual([{ version: 1 }]);
    expect(await verify(db, Person)).toMatchObject({ checked: 2, differing: 0 });
    const tenant = `{"tenant_id": "01890a5d-ac96-774b-bcce-b302099a8058"}`;
    const change = `select person_append($1, 1, '[{"type": "Renamed", "slug": "r"}]', '${tenant}')`;
    await expect(pool.query(change, [original.id])).rejects.toMatchObject({ code: "AN004" });
  });

  it("keeps the time of deletion, by the last event that deletes or restores", async () => {
    const { id } = await residents.create({ email: "r@example.com", room: 1 });
    const write = (version: number, ...types: readonly string[]) =>
      pool.query("select resident_append($1, $2, $3)", [
        id,
        version,
        JSON.stringify(types.map((type) => ({ type, ...(type === "Scored" ? { by: 0 } : {}) }))),
      ]);
    const isDeleted = async () => (await residents.maybeFindById(id)) === undefined;
    await write(1, "Scored", "MovedOut");
    expect(await isDeleted()).toBe(true);
    expect(await verify(db, Resident)).toMatchObject({ differing: 0 });
    await write(3, "MovedBack", "Scored", "MovedOut", "MovedBack", "Scored");
    expect(await isDeleted()).toBe(false);
    await expect(write(8, "MovedOut", "Scored")).rejects.toMatchObject({ code: "AN006" });
    await write(8, "MovedOut");
    for (const types of [["Scored"], ["MovedOut"], ["Scored", "MovedBack"]]) {
      await expect(write(9, ...types)).rejects.toMatchObject({ code: "AN006" });
    }
    // Whoever is out of date is told so first.
    await expect(write(8, "Scored")).rejects.toMatchObject({ code: "AN003" });
    expect(await verify(db, Resident)).toMatchObject({ differing: 0 });
  });

  it("cannot see that index values are wrong: verify does", async () => {
    const { id } = await create();
    await append(id, 1, [renamed("B")], { name: "Liar" });
    expect(await verify(db, Account)).toMatchObject({
      differing: 1,
      differences: [{ id, columns: ["name"] }],
    });
    await append(id, 2, [renamed("B")], { name: "B" });
  });

  it("is known to checkSchema, as the replay functions are", async () => {
    const definitions = [Account, Person, Resident];
    expect(await checkSchema(db, definitions)).toEqual([]);
    await sql`drop function account_replay(uuid, integer)`.execute(db);
    await sql`alter function account_append rename to elsewhere`.execute(db);
    const found = (await checkSchema(db, definitions)).map(({ object }) => object);
    expect(found.sort()).toEqual(["function account_append", "function account_replay"]);
    await sql`alter function elsewhere rename to account_append`.execute(db);
    await sql`create function account_replay(entity uuid, after_sequence integer default 0)
      returns table (id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint)
      language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from public.account_events e
  where e.id = $1 and e.sequence > $2
  order by e.sequence
$$`.execute(db);
  });
});

describe("replay", () => {
  it("gives one entity's events after a sequence, those of several, and the topic's between positions", async () => {
    const [first, second] = [await create(), await create()];
    await append(first.id, 1, [renamed("B")], { name: "B" });
    const types = async (text: string, values: unknown[]) =>
      (await pool.query(text, values)).rows.map(({ id, sequence, event }) => [
        id,
        sequence,
        event.type,
      ]);
    const all = [
      [first.id, 1, "AccountOpened"],
      [first.id, 2, "AccountRenamed"],
      [second.id, 1, "AccountOpened"],
    ];
    expect(await types("select * from account_replay($1)", [first.id])).toEqual(all.slice(0, 2));
    expect(await types("select * from account_replay($1, 1)", [first.id])).toEqual([all[1]]);
    expect(await types("select * from account_replay_all($1)", [[second.id, first.id]])).toEqual(
      all,
    );
    const { rows } = await pool.query(
      "select min(position) as first, max(position) as last from account_replay_all($1)",
      [[first.id, second.id]],
    );
    const after = "select * from account_replay_after($1, $2)";
    const inOrder = [all[0], all[2], all[1]];
    expect(await types(after, [rows[0].first - 1, rows[0].last])).toEqual(inOrder);
    expect(await types(after, [rows[0].first, rows[0].last])).toEqual(inOrder.slice(1));
    expect(await types(after, [rows[0].first - 1, rows[0].last - 1])).toEqual(inOrder.slice(0, 2));
    const one = "select * from account_replay_after($1, $2, 1)";
    expect(await types(one, [rows[0].first - 1, rows[0].last])).toEqual(inOrder.slice(0, 1));
  });

  it("reads by index, whatever the size of the table", async () => {
    const plan = async (call: string) => {
      const client = await pool.connect();
      try {
        await client.query("set enable_seqscan = off");
        const { rows } = await client.query(`explain ${call}`);
        return rows.map((row) => row["QUERY PLAN"]).join("\n");
      } finally {
        await client.query("reset enable_seqscan");
        client.release();
      }
    };
    const id = newId();
    expect(await plan(`select * from account_replay('${id}')`)).toContain(
      "account_events_id_sequence_key",
    );
    expect(await plan(`select * from account_replay_after(5, 10)`)).toContain(
      "account_events_position_key",
    );
  });
});
