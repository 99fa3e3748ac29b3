import { defineEntity, upcast, upcastToEvents } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { annalsPool, createRepository, entityTables, rebuild, verify } from "../src/index.ts";
import { migrateFramework } from "./contract-store.ts";

const literal = {
  name: "parcel",
  schema: z.object({ to: z.string(), weight: z.number(), deletedBy: z.string(), found: z.int() }),
  index: { to: {}, weight: {}, deletedBy: {}, found: {} },
} as const;

/** As it was written for years. */
const Before = defineEntity({
  ...literal,
  events: {
    Sent: z.object({ target: z.string(), grams: z.int() }),
    Changed: z.object({ target: z.string(), grams: z.int() }),
    Removed: z.object({}),
  },
  create: (to: string) => ({ type: "Sent", target: to, grams: 1_500 }),
  evolve: {
    Sent: (_, { target, grams }) => ({ to: target, weight: grams, deletedBy: "-", found: 1 }),
    Changed: (state, { target, grams }) => ({ ...state, to: target, weight: grams }),
    Removed: (state) => state,
  },
  commands: { change: (_, target: string, grams: number) => ({ type: "Changed", target, grams }) },
  lifecycle: { delete: "Removed" },
});

/** As it is today: in kilograms, two events where there was one, and deleted under another name. */
const After = defineEntity({
  ...literal,
  events: {
    Sent: z.object({ to: z.string(), kilograms: z.number() }),
    Weighed: z.object({ kilograms: z.number() }),
    Readdressed: z.object({ to: z.string() }),
    ParcelRemoved: z.object({}),
  },
  versions: {
    Sent: [
      upcast(z.object({ target: z.string(), grams: z.int() }), ({ target, grams }) => ({
        to: target,
        kilograms: grams / 1_000,
      })),
    ],
  },
  renamed: { Removed: "ParcelRemoved" },
  retired: {
    Changed: [
      upcastToEvents(z.object({ target: z.string(), grams: z.int() }), ({ target, grams }) => [
        { type: "Readdressed", to: target },
        { type: "Weighed", kilograms: grams / 1_000 },
      ]),
    ],
  },
  create: (to: string) => ({ type: "Sent", to, kilograms: 1 }),
  evolve: {
    Sent: (_, { to, kilograms }) => ({ to, weight: kilograms, deletedBy: "-", found: 1 }),
    Weighed: (state, { kilograms }) => ({ ...state, weight: kilograms }),
    Readdressed: (state, { to }) => ({ ...state, to }),
    ParcelRemoved: (state) => state,
  },
  commands: { weigh: (_, kilograms: number) => ({ type: "Weighed", kilograms }) },
  lifecycle: { delete: "ParcelRemoved" },
});

/** The processes before and after the deployment. */
let old: Kysely<unknown>;
let db: Kysely<unknown>;

beforeAll(async () => {
  const { connectionString } = await testDatabase({
    name: "framework",
    migrate: async (url) => {
      const migrating = new Kysely({
        dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }),
      });
      await migrateFramework(migrating);
      await migrating.destroy();
    },
  });
  const open = () =>
    new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
    });
  [old, db] = [open(), open()];
  for (const statement of entityTables(Before)) await sql.raw(statement).execute(old);
});
afterAll(async () => {
  await old.destroy();
  await db.destroy();
});

describe("a table that older code wrote", () => {
  it("is read, verified, rebuilt and written by the newest definition", async () => {
    const before = createRepository(Before, { db: old });
    const [kept, removed] = [await before.create("Ada"), await before.create("Bob")];
    for (const parcel of [kept, removed]) {
      parcel.change("Eve", 2_500);
      await before.update(parcel);
    }
    await before.delete(removed);

    // The one change of the tables that new event names need.
    const [condition] = entityTables(After).flatMap(
      (text) => /"parcel_events_event_type_check" check (\(.*\)),?$/m.exec(text)?.[1] ?? [],
    );
    expect(condition).toContain("'ParcelRemoved', 'Changed', 'Removed'");
    await sql
      .raw("alter table parcel_events drop constraint parcel_events_event_type_check")
      .execute(db);
    await sql
      .raw(
        `alter table parcel_events add constraint parcel_events_event_type_check check ${condition}`,
      )
      .execute(db);

    const after = createRepository(After, { db });
    const columns = ["weight"];
    expect(await verify(db, After)).toMatchObject({
      checked: 2,
      differences: [{ columns }, { columns }],
    });
    expect(await rebuild(db, After)).toMatchObject({ repaired: 2, unfoldable: 0 });
    expect(await verify(db, After)).toMatchObject({ checked: 2, differing: 0 });

    const parcel = await after.findById(kept.id);
    expect([parcel.version, parcel.history.length, parcel.state.weight]).toEqual([2, 3, 2.5]);
    expect(await after.maybeFindById(removed.id)).toBeUndefined();
    parcel.weigh(3);
    await after.update(parcel);
    const made = await after.create("Dan");
    expect(await verify(db, After)).toMatchObject({ checked: 3, differing: 0 });
    const { rows } = await sql<{ event_type: string; event_version: number; v: number | null }>`
      select event_type, event_version, event -> 'v' as v from parcel_events
      where id in (${kept.id}, ${made.id}) order by position`.execute(db);
    expect(rows.map((row) => [row.event_type, row.event_version, row.v])).toEqual([
      ["Sent", 1, null],
      ["Changed", 1, null],
      ["Weighed", 1, null],
      ["Sent", 2, 2],
    ]);
  });
});
