import {
  type CreateView,
  decide,
  defineEntity,
  forgotten,
  localKeys,
  OutcomeUnknownError,
  personal,
  Scope,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, type PostgresPool, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  annalsPool,
  checkSchema,
  createConsumer,
  createErasure,
  createRepository,
  entityMigration,
  transaction,
  verify,
} from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Badge, Tenancy, Zone } from "./database/tenancy.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";

// A role that has no other access sees and writes what the library's calls are about, and nothing else.

const ROLE = "annals_test_tenant";
const definitions = [Tenancy, Zone, Badge] as const;
const { connectionString } = await testDatabase({
  name: "tenancies",
  migrate: (url) => migrate(url, definitions),
});
const proxy = await CountingProxy.open(connectionString);
const owner = openDatabase(connectionString);
const opened: Kysely<unknown>[] = [owner];
afterAll(async () => {
  await Promise.all(opened.map((db) => db.destroy()));
  await proxy.close();
});

const open = (wrap: (pool: pg.Pool) => PostgresPool, settings: pg.PoolConfig = {}) => {
  const options = `-c role=${ROLE}`;
  const pool = new pg.Pool({ connectionString: proxy.connectionString, options, ...settings });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: wrap(pool) }) });
  opened.push(db);
  return db;
};

let tenants = 0;
const newTenant = () => {
  tenants += 1;
  return {
    tenantId: `01890a5d-ac96-774b-bcce-${tenants.toString(16).padStart(12, "0")}`,
    branch: 1,
  };
};

describe.each([
  ["our pool", () => open((pool) => annalsPool(pool))],
  ["our pool, always pipelined", () => open((pool) => annalsPool(pool), { pipeline: true })],
  ["a stock pool", () => open((pool) => pool)],
])("row-level security through %s", (_, opening) => {
  const db = opening();
  const all = createRepository(Tenancy, { db });
  const badges = createRepository(Badge, { db });

  it("lets every call of a scope through, and shows nothing of another", async () => {
    const [ours, theirs] = [newTenant(), newTenant()];
    const [acme, globex] = [all.scoped(ours), all.scoped(theirs)];
    const one = await acme.create("a");
    const other = await globex.create("a");
    one.note("first");
    one.addZone("hall");
    one.addZone("attic");
    await acme.update(one);
    one.renameZones("zone");
    await acme.update(one);
    const [b, c] = await acme.createAll(["b", "c"]);
    b?.move("c");
    c?.move("b");
    await acme.updateAll([b, c] as never);
    expect((await acme.findByCode("a")).zones.list.map(({ state }) => state.name)).toEqual([
      "zone",
      "zone",
    ]);
    expect(await acme.maybeFindById(other.id)).toBeUndefined();
    expect((await acme.findAll([one.id, other.id])).size).toBe(1);
    expect((await acme.list({ orderBy: "code" })).items.map(({ state }) => state.code)).toEqual([
      "a",
      "b",
      "c",
    ]);
    expect(await acme.count()).toBe(3);
    expect((await acme.history(one.id)).items).toHaveLength(2);
    expect((await acme.findById(one.id, { asOf: { version: 1 } })).state.note).toBe("");
    const queried = await acme.query(() => sql<{ id: string }>`select id from tenancies limit 9`);
    expect(queried).toHaveLength(3);
    const once = { idempotencyKey: "key" };
    await acme.transact(one.id, (it) => it.note("keyed"), once);
    const again = await acme.transact(one.id, (it) => it.note("again"), once);
    expect([again.replayed, again.entity.state.note]).toEqual([true, "keyed"]);
    await acme.delete(await acme.findByCode("b"));
    await decide([acme.byCode("a"), acme.byCode("c")], (a) => a.note("decided"));
    expect((await acme.findById(one.id)).state.note).toBe("decided");
    for (const definition of definitions) {
      expect(await verify(owner, definition)).toMatchObject({ differing: 0, skipped: 0 });
    }
    const everywhere = createRepository(Tenancy, { db: owner }).scoped(Scope.all);
    expect((await everywhere.findAll([one.id, other.id])).size).toBe(2);
    expect((await all.scoped(Scope.all).findAll([one.id, other.id])).size).toBe(0);
  });

  it("holds in transactions, where scopes take turns", async () => {
    const [acme, globex] = [all.scoped(newTenant()), all.scoped(newTenant())];
    await transaction(db, async (tx) => {
      const one = await acme.create("a", { tx });
      const other = await globex.create("a", { tx });
      one.note("one");
      other.addZone("hall");
      await acme.update(one, { tx });
      await tx.savepoint(async (inner) => {
        await globex.update(other, { tx: inner });
        expect(await acme.maybeFindById(other.id, { tx: inner })).toBeUndefined();
      });
      expect((await acme.findByCode("a", { tx })).state.note).toBe("one");
      expect((await globex.findByCode("a", { tx })).zones.size).toBe(1);
    });
    const mine = db.transaction().execute(async (tx) => {
      await acme.create("d", { tx });
      throw new Error("undone");
    });
    await expect(mine).rejects.toThrow("undone");
    expect(await acme.maybeFindByCode("d")).toBeUndefined();
  });

  it("keeps writes of several scopes at once apart", async () => {
    const scopes = Array.from({ length: 6 }, () =>
      badges.scoped({ tenantId: newTenant().tenantId }),
    );
    const made = await Promise.all(
      Array.from({ length: 120 }, (_unused, at) =>
        scopes[at % 6]?.create(Math.floor(at / 6)).then((badge) => [at % 6, badge] as const),
      ),
    );
    await Promise.all(
      made.map(async (one) => {
        if (one === undefined) return;
        one[1].renumber(one[1].state.number + 100);
        await scopes[one[0]]?.update(one[1]);
      }),
    );
    for (const scope of scopes) {
      const { items } = await scope.list({ first: 100 });
      expect(items.map(({ state }) => state.number).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_unused, at) => at + 100),
      );
    }
  });

  it("leaves nothing behind on the connection", async () => {
    const { tenantId } = newTenant();
    await badges.scoped({ tenantId }).create(1);
    const { rows } = await sql`select count(*)::int as seen from badges`.execute(db);
    expect(rows).toEqual([{ seen: 0 }]);
    await expect(badges.scoped({ tenantId }).create(1)).rejects.toMatchObject({
      code: "ANNALS_DUPLICATE_VALUE",
    });
    expect(await badges.scoped({ tenantId }).count()).toBe(1);
  });
});

describe("plain SQL of the role", () => {
  const db = open((pool) => annalsPool(pool));
  const [ours, theirs] = [newTenant(), newTenant()];
  const within = async (scope: typeof ours, ...texts: readonly string[]) =>
    db
      .transaction()
      .execute(async (tx) => {
        await sql`select set_config('annals.tenant_id', ${scope.tenantId}, true),
          set_config('annals.branch', ${String(scope.branch)}, true)`.execute(tx);
        let rows: readonly unknown[] = [];
        for (const text of texts) ({ rows } = await sql.raw(text).execute(tx));
        return rows;
      })
      .catch((error: { code: string }) => error.code);

  it("sees and changes what is of its scope, and no more", async () => {
    const tenancies = createRepository(Tenancy, { db });
    const one = await tenancies.scoped(ours).create("plain");
    const other = await tenancies.scoped(theirs).create("plain");
    other.addZone("theirs");
    await tenancies.scoped(theirs).update(other);
    other.note("kept");
    await tenancies.scoped(theirs).update(other);
    const names = ["tenancies", "tenancy_events", "tenancy_snapshots"];
    for (const table of [...names, "zones", "zone_events", "zone_snapshots"]) {
      const { rows } = await sql.raw(`select * from ${table}`).execute(db);
      expect(rows).toEqual([]);
      const seen = await within(ours, `select distinct tenant_id from ${table}`);
      expect(JSON.stringify(seen)).not.toContain(theirs.tenantId);
    }
    expect(await within(ours, "select id from tenancies")).toEqual([{ id: one.id }]);
    expect(await within({ ...ours, branch: 2 }, "select id from tenancies")).toEqual([]);
    const changed = `update tenancies set note = 'x' where code = 'plain' returning id`;
    expect(await within(ours, changed)).toEqual([{ id: one.id }]);
    const inserted = (scope: typeof ours) =>
      `insert into tenancies (id, created_at, version, tenant_id, branch, code, note)
       values (gen_random_uuid(), now(), 1, '${scope.tenantId}', ${scope.branch}, 'new', '')`;
    expect(await within(ours, inserted(theirs))).toBe("42501");
    const event = `insert into tenancy_events (id, sequence, event_type, event, recorded_at, tenant_id, branch)
       values ('${other.id}', 2, 'Noted', '{"type": "Noted", "note": "x"}', now(), '${theirs.tenantId}', 1)`;
    expect(await within(ours, event)).toBe("42501");
    const snapshot = (id: string, { tenantId }: typeof ours) =>
      `insert into tenancy_snapshots (id, tenant_id, branch, fingerprint, version, snapshot, taken_at)
       values ('${id}', '${tenantId}', 1, 'f', 1, '{}', now())`;
    expect(await within(ours, snapshot(other.id, theirs))).toBe("42501");
    const overwritten = "update tenancy_snapshots set snapshot = '{}' returning id";
    expect(JSON.stringify(await within(ours, overwritten))).not.toContain(other.id);
    const { rows: kept } = await sql<{ snapshot: object }>`
      select snapshot from tenancy_snapshots where id = ${other.id}`.execute(owner);
    expect(kept).toMatchObject([{ snapshot: { state: { code: "plain" } } }]);
  });

  it("cannot turn it off", async () => {
    for (const text of [
      "alter table tenancies disable row level security",
      "drop policy tenancies_scope on tenancies",
      "create policy open on tenancies using (true)",
    ]) {
      expect(await within(ours, text)).toBe("42501");
    }
  });
});

describe.each(["crypto-shredding", "payload-table"] as const)("personal values by %s", (method) => {
  it("are written and read by the role in its scope, and forgotten by whoever may", async () => {
    const Lodger = defineEntity({
      name: method === "payload-table" ? "lodger" : "sealedLodger",
      scope: ["tenantId"],
      rowLevelSecurity: true,
      snapshot: { every: 2 },
      writerRole: ROLE,
      schema: z.object({ tenantId: z.string(), email: personal(z.string()), room: z.int() }),
      events: {
        MovedIn: z.object({ tenantId: z.string(), email: personal(z.string()) }),
        RoomChanged: z.object({ room: z.int() }),
        LodgerForgotten: z.object({}),
      },
      erasure: { method, event: "LodgerForgotten" },
      create: (email: string, { scope }: CreateView<{ tenantId: string }>) => ({
        type: "MovedIn",
        ...scope,
        email,
      }),
      evolve: {
        MovedIn: (_, { tenantId, email }) => ({ tenantId, email, room: 1 }),
        RoomChanged: (before, { room }) => ({ ...before, room }),
        LodgerForgotten: (before) => before,
      },
      commands: { move: (_, room: number) => ({ type: "RoomChanged", room }) },
      index: { email: { unique: true } },
    });
    await entityMigration(Lodger).up(owner);
    expect(await checkSchema(owner, [Lodger])).toEqual([]);
    const db = open((pool) => annalsPool(pool));
    const keys = localKeys({ current: "one", keys: { one: "K".repeat(43) } });
    const lodgers = createRepository(Lodger, { db, keys });
    const [ours, theirs] = [newTenant(), newTenant()];
    const [acme, globex] = [ours, theirs].map(({ tenantId }) => lodgers.scoped({ tenantId }));
    const ada = await acme?.create("ada@example.com");
    const bob = await globex?.create("ada@example.com");
    if (acme === undefined || ada === undefined || bob === undefined) throw new Error("No scope");
    ada.move(2);
    await acme.update(ada);
    expect((await acme.findByEmail("ada@example.com")).state).toMatchObject({ room: 2 });
    expect(await acme.maybeFindById(bob.id)).toBeUndefined();
    const subject = { kind: Lodger.name, id: ada.id };
    const refused = createErasure(db, { definitions: [Lodger], keys });
    await expect(refused.forget(subject, { reason: "r" })).rejects.toMatchObject({
      code: "ANNALS_DATABASE",
    });
    expect((await acme.findById(ada.id)).state.email).toBe("ada@example.com");
    const erasure = createErasure(owner, { definitions: [Lodger], keys });
    expect(await erasure.forget(subject, { reason: "r" })).toMatchObject({ entities: 1 });
    const values = ["ada@example.com"];
    const { remnants } = await erasure.verifyForgotten(subject, { values });
    // The other one of the same address is somebody else, of another scope.
    expect(remnants.length).toBeLessThanOrEqual(2);
    expect((await acme.findById(ada.id)).state).toMatchObject({ email: forgotten, room: 2 });
    expect((await globex?.findByEmail("ada@example.com"))?.id).toBe(bob.id);
    expect(await verify(owner, Lodger, { keys })).toMatchObject({ differing: 0, skipped: 0 });
  });
});

describe("consumers", () => {
  const heard = async (db: Kysely<unknown>, name: string) => {
    const seen: string[] = [];
    const consumer = createConsumer(db, {
      name,
      topics: [Badge],
      on: { BadgeMade: ({ tenantId }) => void seen.push(tenantId) },
    });
    await consumer.catchUp();
    return seen;
  };

  it("of a role that sees a part of a topic are refused, before anything counts as handled", async () => {
    const db = open((pool) => annalsPool(pool));
    const scopes = [newTenant(), newTenant()];
    const badges = createRepository(Badge, { db });
    for (const { tenantId } of scopes) await badges.scoped({ tenantId }).create(7);
    await expect(heard(db, "bound")).rejects.toMatchObject({ code: "ANNALS_CONSUMER_START" });
    const seen = await heard(owner, "owner");
    for (const { tenantId } of scopes) expect(seen).toContain(tenantId);
  });
});

describe("a connection that breaks before its COMMIT is answered", () => {
  it("leaves a write whose outcome nobody knows", async () => {
    const lossy = await CountingProxy.open(connectionString);
    const db = open((pool) => annalsPool(pool), {
      connectionString: lossy.connectionString,
      max: 1,
    });
    const { tenantId } = newTenant();
    const badges = createRepository(Badge, { db }).scoped({ tenantId });
    expect(await badges.count()).toBe(0);
    lossy.holdAnswers();
    const made = badges.create(3).catch((error: unknown) => error);
    const everywhere = createRepository(Badge, { db: owner }).scoped(Scope.all);
    const stored = () => everywhere.count({ where: { tenantId } });
    await expect.poll(stored, { timeout: 30_000 }).toBe(1);
    await lossy.close();
    expect(await made).toBeInstanceOf(OutcomeUnknownError);
  });
});

describe("the schema", () => {
  const differencesAfter = async (...texts: readonly string[]) => {
    for (const text of texts) await sql.raw(text).execute(owner);
    return checkSchema(owner, definitions);
  };

  it("is checked: security that is off, a policy that is missing or one too many", async () => {
    expect(await differencesAfter()).toEqual([]);
    const [off] = await differencesAfter("alter table badges disable row level security");
    expect(off).toMatchObject({ entity: "badge", object: "table badges" });
    expect(off?.problem).toContain("with row-level security");
    await differencesAfter("alter table badges enable row level security");
    expect(await differencesAfter("create policy wide on badges using (true)")).toMatchObject([
      { entity: "badge", object: "policy badges.wide" },
    ]);
    await differencesAfter("drop policy wide on badges");
    const policy = "create policy badges_scope on badges using (tenant_id <> '')";
    const [changed] = await differencesAfter("drop policy badges_scope on badges", policy);
    expect(changed).toMatchObject({ object: "policy badges.badges_scope" });
    const [missing] = await differencesAfter("drop policy badges_scope on badges");
    expect(missing).toMatchObject({
      object: "policy badges.badges_scope",
      problem: "It is missing.",
    });
  });
});

describe("round trips", () => {
  const db = open((pool) => annalsPool(pool), { max: 1 });
  const tenancies = createRepository(Tenancy, { db });

  it("of a call are what waits for an answer: one", async () => {
    const acme = tenancies.scoped(newTenant());
    const { id } = await acme.create("a");
    // All of it is on its way before the first answer comes: BEGIN, the settings, the statement, COMMIT.
    const find = () => acme.findById(id);
    await find();
    proxy.holdAnswers();
    const found = find();
    const sent = () => proxy.unanswered("Execute") + proxy.unanswered("Query");
    await expect.poll(sent, { timeout: 30_000 }).toBe(4);
    proxy.letAnswersPass();
    expect((await found).id).toBe(id);
  });
});
