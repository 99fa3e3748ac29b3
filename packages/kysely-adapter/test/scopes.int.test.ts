import { Scope } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  checkSchema,
  createRepository,
  exportHistories,
  importHistories,
  rebuild,
  verify,
} from "../src/index.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { findEntity } from "../src/statements/find-entity.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { loadEntity } from "../src/statements/load-entities.ts";
import { Booking } from "./database/booking.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Scopes in the database: what plain SQL can and cannot do, and what reads touch.

const database = await testDatabase({
  name: "booking",
  migrate: (connectionString) => migrate(connectionString, [Booking]),
});
const db = openDatabase(database.connectionString);
const client = new pg.Client(database.connectionString);
await client.connect();
afterAll(async () => {
  await client.end();
  await db.destroy();
});

const acme = { tenantId: "01890a5d-ac96-774b-bcce-00000000000a", branch: 1 };
const globex = { tenantId: "01890a5d-ac96-774b-bcce-00000000000b", branch: 1 };
const bookings = createRepository(Booking, { db });

let count = 0;
const made = (scope = acme) => {
  count += 1;
  return bookings.scoped(scope).create({ code: `c${count}` });
};

const refusal = (...statements: readonly string[]) =>
  db
    .transaction()
    .execute(async (tx) => {
      for (const statement of statements) await sql.raw(statement).execute(tx);
    })
    .then(
      () => undefined,
      (error: { code: string; constraint?: string }) => error,
    );

const eventOf = (id: string, sequence: number, { tenantId, branch }: typeof acme) =>
  `insert into booking_events (id, sequence, event_type, event, recorded_at, tenant_id, branch)
   values ('${id}', ${sequence}, 'GuestNamed', '{"type": "GuestNamed", "guest": "x"}', now(), '${tenantId}', ${branch})`;

describe("the tables", () => {
  it("are as the definition says, the scope in both", async () => {
    expect(await checkSchema(db, [Booking])).toEqual([]);
    const { id } = await made();
    const { rows } = await client.query(
      "select u.tenant_id = e.tenant_id and u.branch = e.branch as same from bookings u join booking_events e using (id) where u.id = $1",
      [id],
    );
    expect(rows).toEqual([{ same: true }]);
  });

  it("keep an event in the scope of its entity", async () => {
    const { id } = await made();
    const move = `update bookings set version = 2, guest = 'x' where id = '${id}'`;
    for (const scope of [globex, { ...acme, branch: 2 }]) {
      const error = await refusal(move, eventOf(id, 2, scope));
      expect(error).toMatchObject({ code: "AN007", constraint: "booking_events_scoped" });
    }
    expect(await refusal(eventOf(id, 2, acme))).toMatchObject({ code: "AN002" });
    expect(await refusal(move, eventOf(id, 2, acme))).toBeUndefined();
  });

  it("keep an entity in its scope", async () => {
    const { id } = await made();
    const moved = `update bookings set tenant_id = '${globex.tenantId}' where id = '${id}'`;
    expect(await refusal(moved)).toMatchObject({ code: "AN007", constraint: "bookings_immovable" });
    const same = `update bookings set tenant_id = tenant_id, branch = branch where id = '${id}'`;
    expect(await refusal(same)).toBeUndefined();
  });
});

describe("booking_append", () => {
  const append = async (id: string, version: number, events: object[], columns: object) => {
    const values = [id, version, JSON.stringify(events), JSON.stringify(columns)];
    const { rows } = await client.query("select booking_append($1, $2, $3, $4) as version", values);
    return rows[0]?.version;
  };
  const columnsOf = ({ tenantId, branch }: typeof acme) => ({ tenant_id: tenantId, branch });
  const named = [{ type: "GuestNamed", guest: "Ada" }];

  it("writes within the scope that it is told, and nowhere else", async () => {
    const id = "01890a5d-ac96-774b-bcce-0000000000c1";
    const first = [{ type: "BookingMade", ...acme, code: "sql", guest: null }];
    await append(id, 0, first, { ...columnsOf(acme), code: "sql" });
    expect(await append(id, 1, named, { ...columnsOf(acme), guest: "Ada" })).toBe(2);
    const found = await bookings.scoped(acme).findByCode("sql");
    expect(found).toMatchObject({ id, version: 2, state: { guest: "Ada" } });

    const foreign = { ...columnsOf(globex), guest: "Eve" };
    const missing = "01890a5d-ac96-774b-bcce-0000000000c2";
    const told = await append(id, 2, named, foreign).catch((error) => error);
    const untold = await append(missing, 2, named, foreign).catch((error) => error);
    expect(told).toMatchObject({ code: "AN003" });
    expect(told.message).toBe(untold.message.replace(missing, id));
    await expect(append(id, 2, named, { guest: "Eve" })).rejects.toMatchObject({ code: "AN004" });
    expect((await bookings.scoped(acme).findById(id)).version).toBe(2);
  });

  it("does not tell whether what is in another scope is deleted", async () => {
    const one = await made();
    await bookings.scoped(acme).delete(one);
    const error = await append(one.id, 2, named, columnsOf(globex)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "AN003" });
    await expect(append(one.id, 2, named, columnsOf(acme))).rejects.toMatchObject({
      code: "AN006",
    });
  });
});

describe("operating all scopes", () => {
  it("verifies, rebuilds, exports and imports them", async () => {
    const theirs = await made(globex);
    expect(await verify(db, Booking)).toMatchObject({ differing: 0 });
    await sql`update bookings set code = 'wrong' where id = ${theirs.id}`.execute(db);
    expect(await verify(db, Booking)).toMatchObject({ differing: 1 });
    expect(await rebuild(db, Booking)).toMatchObject({ repaired: 1, finished: true });

    const lines: string[] = [];
    for await (const batch of exportHistories(db, Booking)) lines.push(...batch);
    const copy = await testDatabase({
      name: "booking",
      migrate: (connectionString) => migrate(connectionString, [Booking]),
    });
    const other = openDatabase(copy.connectionString);
    const result = await importHistories(other, [Booking], lines);
    expect(result).toMatchObject({ imported: lines.length, refused: 0 });
    expect(await verify(other, Booking)).toMatchObject({ differing: 0 });
    const imported = createRepository(Booking, { db: other });
    expect((await imported.scoped(globex).findById(theirs.id)).state).toEqual(theirs.state);
    expect(await imported.scoped(acme).maybeFindById(theirs.id)).toBeUndefined();
    await other.destroy();
  });

  it("queries only what is in the scope", async () => {
    const theirs = await made(globex);
    const query = () => sql<{ id: string }>`select id from bookings`;
    const found = await bookings.scoped(acme).query(query);
    expect(found.map(({ id }) => id)).not.toContain(theirs.id);
    expect(found.length).toBeGreaterThan(0);
    const all = await bookings.scoped(Scope.all).query(query);
    expect(all.map(({ id }) => id)).toContain(theirs.id);
    const some = await bookings
      .scoped(globex)
      .query(() => sql<{ id: string }>`select id from bookings where id = ${theirs.id}::uuid`);
    expect(some.map(({ id }) => id)).toEqual([theirs.id]);
  });
});

describe("reads of a scope", () => {
  const tables = entityTableNames(Booking.plan, "public");
  const small = { tenantId: "01890a5d-ac96-774b-bcce-0000000000ff", branch: 7 };
  beforeAll(async () => {
    const { id } = await bookings.scoped(small).create({ code: "x", guest: "a" });
    expect(id).toBeDefined();
    await bookings.scoped(small).create({ code: "y", guest: "b" });
    const crowd = bookings.scoped(globex);
    for (let round = 0; round < 10; round += 1) {
      await crowd.createAll(
        Array.from({ length: 1_000 }, (_, at) => ({ code: `${round}-${at}`, guest: `${at % 7}` })),
      );
    }
    await sql`analyze bookings`.execute(db);
  }, 120_000);

  const plan = async (text: string, parameters: readonly unknown[]) => {
    await client.query("set plan_cache_mode = force_generic_plan");
    const name = `p${Math.random()}`;
    const { rows } = await client.query({
      name,
      text: `explain (analyze, buffers, format json) ${text}`,
      values: [...parameters],
    });
    const { Plan } = rows[0]["QUERY PLAN"][0];
    return {
      text: JSON.stringify(Plan),
      blocks: Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"],
    };
  };
  const ofSmall = (["tenantId", "branch"] as const).map((column) => ({
    kind: "compare" as const,
    column,
    operator: "=" as const,
    value: small[column],
  }));

  it.each(["createdAt", "code", "guest", "id"])(
    "list by %s from an index led by it",
    async (by) => {
      const { sql: text, parameters } = listEntities(tables, {
        where: { kind: "all", of: ofSmall },
        orderBy: by,
        direction: "asc",
        after: undefined,
        before: undefined,
        take: "first",
        limit: 11,
      });
      const ran = await plan(text, parameters);
      expect(ran.text).not.toMatch(/Seq Scan/);
      // Ten thousand rows of another scope are not stepped over.
      expect(ran.blocks).toBeLessThan(40);
    },
  );

  it("find by id and by unique values through one index entry", async () => {
    const [unique] = Booking.plan.uniques;
    if (unique === undefined) throw new Error("no constraint");
    const found = await plan(findEntity(tables, unique).sql, [small.tenantId, small.branch, "x"]);
    expect(found.text).not.toMatch(/Seq Scan/);
    const one = await bookings.scoped(small).findByCode("x");
    const seen = { scope: [small.tenantId, small.branch] };
    const loaded = await plan(loadEntity(tables, seen).sql, [one.id, small.tenantId, small.branch]);
    const foreign = await plan(loadEntity(tables, seen).sql, [one.id, acme.tenantId, 1]);
    expect(loaded.text).not.toMatch(/Seq Scan/);
    expect(foreign.blocks).toBeLessThanOrEqual(loaded.blocks);
  });
});
