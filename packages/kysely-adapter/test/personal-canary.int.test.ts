import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  defineEntity,
  defineTopic,
  type ErasureMethod,
  forgotten,
  localKeys,
  personal,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineContext } from "../src/context.ts";
import {
  annalsPool,
  createConsumer,
  createErasure,
  createRepository,
  createTopic,
  entityMigration,
  exportHistories,
  importHistories,
  rebuild,
  topicMigration,
  verify,
} from "../src/index.ts";
import { migrateFramework } from "./contract-store.ts";

// A marker in every personal field, and a search through the whole database: nobody may find it.

const state = z.object({
  email: personal(z.email()),
  phones: z.array(personal(z.string())),
  notes: z.record(z.string(), z.object({ text: personal(z.string()) })),
  city: z.string(),
});

const definitions = (method: ErasureMethod) => {
  const Guest = defineEntity({
    name: "guest",
    snapshot: { every: 2 },
    schema: state,
    events: {
      GuestArrived: state,
      EmailChanged: z.object({ email: personal(z.email()) }),
      GuestForgotten: z.object({}),
    },
    erasure: { method, event: "GuestForgotten" },
    create: (input: z.output<typeof state>) => ({ type: "GuestArrived", ...input }),
    evolve: {
      GuestArrived: (_, { type: _type, ...arrived }) => arrived,
      EmailChanged: (before, { email }) => ({ ...before, email }),
      GuestForgotten: (before) => before,
    },
    commands: { changeEmail: (_, email: string) => ({ type: "EmailChanged", email }) },
    index: { email: { unique: true, normalize: (email) => email.toLowerCase() }, city: {} },
  });
  const Stay = defineEntity({
    name: "stay",
    snapshot: { every: 1 },
    schema: z.object({ guestId: z.string(), wish: personal(z.string()) }),
    events: {
      StayBooked: z.object({ guestId: z.string(), wish: personal(z.string()) }),
      StayForgotten: z.object({}),
    },
    erasure: { method, event: "StayForgotten", subject: { kind: "guest", field: "guestId" } },
    create: (input: { guestId: string; wish: string }) => ({ type: "StayBooked", ...input }),
    evolve: {
      StayBooked: (_, { guestId, wish }) => ({ guestId, wish }),
      StayForgotten: (before) => before,
    },
    commands: {},
    index: { guestId: {}, wish: {} },
  });
  const Bells = defineTopic({
    name: "bells",
    events: { Rung: z.object({ guestId: z.string(), why: personal(z.string()) }) },
    erasure: { method, subject: { kind: "guest", field: "guestId" }, headers: ["ip"] },
    compaction: true,
  });
  return { Guest, Stay, Bells };
};

const keys = localKeys({ current: "one", keys: { one: "K".repeat(43) } });
const MARKERS = [
  "marker-a@example.com",
  "marker-b",
  "marker-c",
  "marker-d",
  "marker-e",
  "marker-f",
  "marker-g",
  "marker-h",
];

const context = defineContext(z.object({ actor: z.string(), ip: personal(z.string()) }), {
  erasure: { subject: { kind: "guest", field: "actor" } },
});

const opened = async (method: ErasureMethod) => {
  const { connectionString } = await testDatabase();
  const pool = new pg.Pool({ connectionString, max: 6 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  await migrateFramework(db);
  const { Guest, Stay, Bells } = definitions(method);
  await entityMigration(Guest).up(db);
  await entityMigration(Stay).up(db);
  await topicMigration(Bells).up(db);
  return { connectionString, db, Guest, Stay, Bells };
};

/** Every table that has one of the markers in any column. */
const tablesWith = async (db: Kysely<unknown>, texts: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('public', 'annals')`.execute(db);
  const found: string[] = [];
  for (const { name } of rows) {
    const dump = await sql<{ line: string }>`
      select row_to_json(t)::text as line from ${sql.raw(name)} t`.execute(db);
    const text = dump.rows.map(({ line }) => line.toLowerCase()).join("\n");
    if (texts.some((one) => text.includes(one.toLowerCase()))) found.push(name);
  }
  return found.toSorted();
};

const pgDump = process.env.POSTGRES_BINARIES && join(process.env.POSTGRES_BINARIES, "pg_dump");

describe.each<ErasureMethod>(["crypto-shredding", "payload-table"])("with %s", (method) => {
  it("no marker is anywhere after it was forgotten, and in no event before", async () => {
    const { connectionString, db, Guest, Stay, Bells } = await opened(method);
    const guests = createRepository(Guest, { db, keys, context });
    const stays = createRepository(Stay, { db, keys });
    const bells = createTopic(Bells, { db, keys });
    const [
      email = "",
      phone = "",
      text = "",
      wish = "",
      why = "",
      handled = "",
      ip = "",
      header = "",
    ] = MARKERS;
    const ada = await guests.create(
      { email, phones: [phone], notes: { door: { text } }, city: "Bern" },
      { idempotencyKey: "arrive" },
    );
    const bob = await guests.create({ email: "b@b.example", phones: [], notes: {}, city: "Ulm" });
    ada.changeEmail(`x${email}`);
    await context.withContext({ actor: ada.id, ip }, () => guests.update(ada));
    await stays.create({ guestId: ada.id, wish });
    await bells.publish(
      { type: "Rung", guestId: ada.id, why },
      { key: ada.id, headers: { ip: header } },
    );
    const failing = createConsumer(db, {
      name: "failing",
      topics: [Guest],
      keys,
      retry: { attempts: 1 },
      on: {
        EmailChanged: (event) => {
          throw new Error(`cannot mail ${String(event.email)} ${handled}`);
        },
      },
    });
    await failing.catchUp();

    const kept = async () =>
      (
        await sql<{ version: number }>`select version from guest_snapshots
          union all select version from stay_snapshots`.execute(db)
      ).rows.map(({ version }) => version);
    expect(await kept()).toEqual([2, 1]);
    await sql`create table kept_before as select * from guest_snapshots`.execute(db);
    const before = await tablesWith(db, MARKERS);
    expect(before).toEqual(method === "payload-table" ? ["annals.personal_values"] : []);
    const lines: string[] = [];
    for await (const some of exportHistories(db, Guest)) lines.push(...some);
    expect(lines.join()).not.toMatch(/marker/);
    expect(await verify(db, Guest, { keys })).toMatchObject({ checked: 2, differing: 0 });
    expect(await rebuild(db, Guest, { keys })).toMatchObject({ checked: 2, repaired: 0 });
    expect(await importHistories(db, [Guest], lines, { keys })).toMatchObject({ present: 2 });

    const erasure = createErasure(db, { definitions: [Guest, Stay, Bells], keys });
    const subject = { kind: "guest", id: ada.id };
    const given = { values: [...MARKERS, `x${email}`] };
    expect((await erasure.verifyForgotten(subject, given)).isForgotten).toBe(false);
    await erasure.forget(subject, { reason: "request 7" });
    expect(await erasure.verifyForgotten(subject, given)).toEqual({
      isForgotten: true,
      remnants: [],
    });
    expect(await kept()).toEqual([]);
    expect(await tablesWith(db, MARKERS)).toEqual([]);
    await sql`insert into guest_snapshots select * from kept_before`.execute(db);
    expect((await erasure.verifyForgotten(subject, given)).remnants).toEqual([
      {
        ...{ table: "public.guest_snapshots", rows: 1 },
        problem: "States are kept that are older than the forgetting.",
      },
    ]);
    await sql`truncate guest_snapshots`.execute(db);
    if (pgDump !== undefined && existsSync(pgDump)) {
      const dump = await promisify(execFile)(pgDump, [connectionString], { maxBuffer: 1e8 });
      expect(dump.stdout).toMatch(/GuestForgotten/);
      expect(dump.stdout).not.toMatch(/marker/i);
    }
    const found = await guests.findById(ada.id);
    expect(found.state).toMatchObject({ email: forgotten, phones: [forgotten], city: "Bern" });
    const { items } = await guests.history(ada.id);
    expect(context.parse(items[1]?.context ?? null)).toEqual({ actor: ada.id, ip: forgotten });
    expect((await guests.findById(bob.id)).state.email).toBe("b@b.example");
    expect(await verify(db, Guest, { keys })).toMatchObject({ checked: 2, differing: 0 });
    expect(await verify(db, Stay, { keys })).toMatchObject({ checked: 1, differing: 0 });

    // The log says who, when and why; the database itself keeps it, and who was forgotten.
    const log = await sql<{ step: string; reason: string }>`
      select step, reason from annals.forgettings order by number`.execute(db);
    expect(log.rows).toEqual([
      { step: "begun", reason: "request 7" },
      { step: "completed", reason: "request 7" },
    ]);
    await expect(sql`delete from annals.forgettings`.execute(db)).rejects.toMatchObject({
      code: "AN001",
    });
    await expect(sql`delete from annals.subjects`.execute(db)).rejects.toMatchObject({
      code: "AN001",
    });
    await expect(
      sql`update annals.subjects set forgotten_at = null where forgotten_at is not null`.execute(
        db,
      ),
    ).rejects.toMatchObject({ code: "AN001" });
    await expect(
      sql`insert into annals.personal_values (ref, subject, value)
          values (gen_random_uuid(), ${`guest/${ada.id}`}, '1')`.execute(db),
    ).rejects.toMatchObject({ code: "AN006" });
    await db.destroy();
  }, 60_000);
});
