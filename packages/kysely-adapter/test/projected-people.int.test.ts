import {
  defineEntity,
  defineTopic,
  type Forgotten,
  InvalidDefinitionError,
  isForgotten,
  localKeys,
  personal,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { createErasure, createProjection, createRepository, createTopic } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Projections have personal values in the clear, and lose them with whoever is forgotten.

const state = z.object({ email: personal(z.email()), city: z.string() });
const Guest = defineEntity({
  name: "guest",
  schema: state,
  events: {
    GuestArrived: state,
    EmailChanged: z.object({ email: personal(z.email()) }),
    GuestForgotten: z.object({}),
  },
  erasure: { method: "crypto-shredding", event: "GuestForgotten" },
  create: (input: { email: string; city: string }) => ({ type: "GuestArrived", ...input }),
  evolve: {
    GuestArrived: (_, { email, city }) => ({ email, city }),
    EmailChanged: (before, { email }) => ({ ...before, email }),
    GuestForgotten: (before) => before,
  },
  commands: { changeEmail: (_, email: string | Forgotten) => ({ type: "EmailChanged", email }) },
  index: { city: {} },
});
const Bells = defineTopic({
  name: "bells",
  events: {
    Rung: z.object({ guestId: z.string(), why: personal(z.string()) }),
    Silenced: z.object({ guestId: z.string() }),
  },
  erasure: {
    method: "payload-table",
    event: "Silenced",
    subject: { kind: "guest", field: "guestId" },
  },
});

interface Tables {
  guest_list: { id: string; email: string | null; city: string };
  guest_notes: { guest: string; note: string };
}

const database = await testDatabase({
  name: "projected people",
  migrate: async (target) => {
    await migrate(target, [Guest, Bells]);
    const at = openDatabase(target);
    await sql`create table guest_list (id uuid primary key, email text, city text not null)`.execute(
      at,
    );
    await sql`create table guest_notes (guest text, note text not null)`.execute(at);
    await at.destroy();
  },
});
const db = openDatabase<Tables>(database.connectionString);
afterAll(() => db.destroy());
const keys = localKeys({ current: "k1", keys: { k1: "K".repeat(43) } });
const text = (value: string | Forgotten): string | null => (isForgotten(value) ? null : value);

const shared = {
  topics: [Guest],
  tables: ["guest_list", "guest_notes"],
  keys,
  personal: {
    guest_list: { topic: "guest", id: "id", columns: ["email"] },
    guest_notes: { topic: "guest", id: "guest" },
  },
} as const;

const guestList = <Inline extends boolean>(name: string, inline: Inline) =>
  createProjection(db, {
    ...shared,
    name,
    inline,
    on: {
      GuestArrived: async ({ email, city }, { tx, entityId: id }) => {
        await tx
          .insertInto("guest_list")
          .values({ id, email: text(email), city })
          .execute();
        const note = `wrote as ${text(email)}`;
        if (!isForgotten(email))
          await tx.insertInto("guest_notes").values({ guest: id, note }).execute();
      },
      EmailChanged: async ({ email }, { tx, entityId: id }) => {
        await tx
          .updateTable("guest_list")
          .set({ email: text(email) })
          .where("id", "=", id)
          .execute();
      },
    },
  });

const rows = async () => ({
  list: await db.selectFrom("guest_list").selectAll().orderBy("city").execute(),
  notes: await db.selectFrom("guest_notes").select("note").execute(),
});
const erasure = (more: Partial<Parameters<typeof createErasure>[1]> = {}) =>
  createErasure(db, { definitions: [Guest, Bells], keys, ...more });

beforeEach(async () => {
  await sql`truncate guest_list, guest_notes`.execute(db);
});

describe("personal values in projections", () => {
  it("come to handlers in the clear, inline, when they are rebuilt, and when they are verified", async () => {
    const list = guestList("inline-list", true);
    const guests = createRepository(Guest, { db, keys, projections: [list] });
    const ada = await guests.create({ email: "ada@example.com", city: "London" });
    const expected = [{ id: ada.id, email: "ada@example.com", city: "London" }];
    expect((await rows()).list).toEqual(expected);
    await db.deleteFrom("guest_list").execute();
    expect((await list.rebuild()).finished).toBe(true);
    expect((await rows()).list).toEqual(expected);
    expect((await list.verify()).matches).toBe(true);
    await list.dropOld();
  });

  it("are cleared inline, in the transaction that says so, where the erasure knows the projection", async () => {
    const list = guestList("inline-cleared", true);
    await list.rebuild();
    await list.dropOld();
    const guests = createRepository(Guest, { db, keys, projections: [list] });
    const ada = await guests.create({ email: "marker@example.com", city: "Ada's" });
    const bob = await guests.create({ email: "bob@example.com", city: "Bob's" });
    const subject = { kind: "guest", id: ada.id };
    const values = ["marker@example.com"];
    await erasure({ projections: [list] }).forget(subject, { reason: "r" });
    const { list: left, notes } = await rows();
    expect(left.filter(({ id }) => id === ada.id || id === bob.id)).toEqual([
      { id: ada.id, email: null, city: "Ada's" },
      { id: bob.id, email: "bob@example.com", city: "Bob's" },
    ]);
    expect(notes.map(({ note }) => note)).not.toContain("wrote as marker@example.com");
    const { isForgotten: isGone } = await erasure().verifyForgotten(subject, { values });
    expect(isGone).toBe(true);
    expect((await list.verify()).matches).toBe(true);
  });

  it("are cleared by a consumer, in the order of the topic, also one that is behind", async () => {
    const list = guestList("followed-list", false);
    await list.catchUp();
    const guests = createRepository(Guest, { db, keys });
    const ada = await guests.create({ email: "marker-2@example.com", city: "A" });
    const late = await guests.create({ email: "marker-3@example.com", city: "B" });
    await list.catchUp();
    const own = async () => (await rows()).list.filter(({ id }) => id === ada.id || id === late.id);
    expect((await own()).map(({ email }) => email)).toEqual([
      "marker-2@example.com",
      "marker-3@example.com",
    ]);
    ada.changeEmail("marker-4@example.com");
    await guests.update(ada);
    await erasure().forget({ kind: "guest", id: ada.id }, { reason: "r" });
    await list.catchUp();
    expect((await own()).map(({ email }) => email)).toEqual([null, "marker-3@example.com"]);
    expect((await list.verify()).matches).toBe(true);
    // One that begins now never sees the values.
    await list.rebuild();
    await list.dropOld();
    expect((await own()).map(({ email }) => email)).toEqual([null, "marker-3@example.com"]);
  });

  it("are cleared for batches, for handlers of everything, and for several topics", async () => {
    const bells = createTopic(Bells, { db, keys });
    const guests = createRepository(Guest, { db, keys });
    const insert = async (guest: string, note: string, tx: typeof db) => {
      await tx.insertInto("guest_notes").values({ guest, note }).execute();
    };
    const several = createProjection(db, {
      name: "several",
      topics: [Guest, Bells],
      tables: ["guest_notes"],
      keys,
      start: "now",
      personal: { guest_notes: { topic: "bells", id: "guest" } },
      on: {
        guest: {},
        bells: { Rung: ({ guestId, why }, { tx }) => insert(guestId, `several ${why}`, tx) },
      },
    });
    const everything = createProjection(db, {
      name: "everything",
      topics: [Bells],
      tables: ["guest_notes"],
      keys,
      start: "now",
      personal: { guest_notes: { topic: "bells", id: "guest" } },
      onEvent: (event, { tx, key }) => insert(key, `each ${event.type}`, tx),
    });
    const batches = createProjection(db, {
      name: "batches",
      topics: [Bells],
      tables: ["guest_notes"],
      keys,
      start: "now",
      personal: { guest_notes: { topic: "bells", id: "guest" } },
      batch: {
        handle: async (list, { tx }) => {
          for (const { event, meta } of list) await insert(meta.key, `batch ${event.type}`, tx);
        },
      },
    });
    const all = [several, everything, batches];
    for (const one of all) await one.catchUp();
    const eve = await guests.create({ email: "eve@example.com", city: "C" });
    const rung = { type: "Rung", guestId: eve.id, why: "marker-5" } as const;
    await bells.publish(rung, { key: eve.id });
    for (const one of all) await one.catchUp();
    const notes = async () => (await rows()).notes.map(({ note }) => note).toSorted();
    expect(await notes()).toEqual(["batch Rung", "each Rung", "several marker-5"]);
    await erasure().forget({ kind: "guest", id: eve.id }, { reason: "r" });
    for (const one of all) await one.catchUp();
    // Each has cleared before it handled the event itself.
    expect(await notes()).toEqual(["batch Silenced"]);
  });

  it("are declared of tables, topics and events that there are", () => {
    const make = (more: object) => () =>
      createProjection(db, { ...shared, name: "wrong", on: {}, ...more });
    expect(make({ personal: { users: { topic: "guest", id: "id" } } })).toThrow(
      /none of its tables/,
    );
    const of = (topic: string, more: object = {}) => ({
      personal: { guest_list: { topic, id: "id", ...more } },
    });
    expect(make(of("nobody"))).toThrow(/does not follow/);
    expect(make(of("guest", { columns: [] }))).toThrow(/names no columns/);
    expect(make({ only: { types: ["GuestArrived"] } })).toThrow(InvalidDefinitionError);
    const rest = { ...shared, name: "x", on: {} };
    const typed = () => [
      // @ts-expect-error no such column
      createProjection(db, { ...rest, personal: { guest_list: { topic: "guest", id: "no" } } }),
      // @ts-expect-error no such topic
      createProjection(db, { ...rest, personal: { guest_list: { topic: "no", id: "id" } } }),
      // @ts-expect-error no such table
      createProjection(db, { ...rest, personal: { none: { topic: "guest", id: "id" } } }),
    ];
    expect(typed).toBeTypeOf("function");
  });
});
