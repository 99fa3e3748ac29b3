import {
  createStoreRepository,
  EntityNotFoundError,
  EntityUnusableError,
  StoredEventError,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { ADDED, defineContact, storeOld } from "../entities/contact.ts";
import { thrownBy } from "../thrown-by.ts";

const SPLIT = { type: "DetailsChanged", mail: "d@e.f", name: "Dee" } as const;
const PINGED = { type: "Pinged" } as const;

/** A contact of old events: stored 1 to 5, of which the third became two and the fourth none. */
const withOldContact = async (bench: Bench) => {
  const Contact = await bench.define(defineContact);
  const contacts = createStoreRepository(Contact, bench.store);
  const stored = [
    ADDED,
    { type: "EmailChanged", mail: " x@y.z " },
    SPLIT,
    PINGED,
    { type: "NameChanged", name: "Eve" },
  ];
  const id = await storeOld(bench, Contact, stored, ["d@e.f", "Eve"]);
  return { Contact, contacts, id };
};

const BECAME = [
  { type: "ContactAdded", email: "a@b.c", name: "Ada", at: new Date("2020-02-03T00:00:00.000Z") },
  { type: "EmailChanged", email: "x@y.z" },
  { type: "EmailChanged", email: "d@e.f" },
  { type: "Renamed", name: "Dee" },
  { type: "Renamed", name: "Eve" },
];

export const eventVersions = contractGroup("event versions", {
  "every reading sees the newest shape alone": async (bench) => {
    const { contacts, id } = await withOldContact(bench);
    const found = await contacts.findById(id);
    const [listed] = (await contacts.list({ where: { name: "Eve" } })).items;
    const all = await contacts.findAll([found.id]);
    for (const contact of [found, listed, all.get(found.id)]) {
      expect(contact?.history).toEqual(BECAME);
      expect(contact?.pending).toEqual([]);
      expect(contact?.version).toBe(5);
      expect(contact?.state).toEqual({
        email: "d@e.f",
        name: "Eve",
        since: new Date("2020-02-03T00:00:00.000Z"),
      });
    }
  },

  "an event in between is read from its own version on": async (bench) => {
    const Contact = await bench.define(defineContact);
    const stored = [
      { ...ADDED },
      { type: "EmailChanged", v: 2, address: "second" },
      { type: "EmailChanged", v: 3, email: "third" },
      { type: "DetailsChanged", v: 2, email: "fourth", name: "Dee" },
    ];
    const id = await storeOld(bench, Contact, stored);
    const { history } = await createStoreRepository(Contact, bench.store).findById(id);
    expect(history.slice(1)).toEqual([
      { type: "EmailChanged", email: "second" },
      { type: "EmailChanged", email: "third" },
      { type: "EmailChanged", email: "fourth" },
      { type: "Renamed", name: "Dee" },
    ]);
  },

  "new events are stored in their newest version": async (bench) => {
    const Contact = await bench.define(defineContact);
    const contacts = createStoreRepository(Contact, bench.store);
    const contact = await contacts.create({ email: "a@b.c", name: "Ada" });
    contact.changeEmail("d@e.f");
    contact.rename("Dee");
    await contacts.update(contact);
    const [row] = await bench.store.entity(Contact.plan).load([contact.id], undefined);
    expect(row?.events).toMatchObject([
      { type: "ContactAdded", v: 2, email: "a@b.c" },
      { type: "EmailChanged", v: 3, email: "d@e.f" },
      { type: "Renamed", name: "Dee" },
    ]);
    expect(row?.events[2]).not.toHaveProperty("v");
    expect((await contacts.findById(contact.id)).state.email).toBe("d@e.f");
  },

  "an entity goes on after them, with versions and sequences of what is stored": async (bench) => {
    const { Contact, id } = await withOldContact(bench);
    const appended: unknown[] = [];
    const contacts = createStoreRepository(Contact, bench.store, {
      onAppended: (_tx: OpaqueTx, _entity: unknown, events: readonly unknown[]) => {
        appended.push(...events);
      },
    });
    const contact = await contacts.findById(id);
    contact.rename("Fay");
    contact.changeEmail("f@a.y");
    expect(contact.pending).toEqual([
      { type: "Renamed", name: "Fay" },
      { type: "EmailChanged", email: "f@a.y" },
    ]);
    expect(contact.version).toBe(5);
    expect(await contacts.update(contact)).toBe(2);
    expect([contact.version, contact.pending, contact.history.length]).toEqual([7, [], 7]);
    expect(appended).toEqual([
      { event: { type: "Renamed", name: "Fay" }, sequence: 6 },
      { event: { type: "EmailChanged", email: "f@a.y" }, sequence: 7 },
    ]);
    expect(await contacts.update(contact)).toBe(0);
    expect((await contacts.findById(id)).version).toBe(7);
  },

  "a rollback gives back what was pending, and nothing else": async (bench) => {
    const { contacts, id } = await withOldContact(bench);
    const contact = await contacts.findById(id);
    contact.rename("Fay");
    const failure = new Error("roll back");
    const failing = bench.transaction(async (tx) => {
      await contacts.update(contact, { tx });
      contact.changeEmail("f@a.y");
      await contacts.update(contact, { tx });
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect([contact.version, contact.pending.length]).toEqual([5, 2]);
    expect(await contacts.update(contact)).toBe(2);
    const read = await contacts.findById(id);
    expect([read.version, read.state.name, read.state.email]).toEqual([7, "Fay", "f@a.y"]);
    expect(read.history).toEqual(contact.history);
  },

  "a repeated request brings back the same entity": async (bench) => {
    const { contacts, id } = await withOldContact(bench);
    const once = { idempotencyKey: crypto.randomUUID() };
    const contact = await contacts.findById(id);
    const again = await contacts.findById(id);
    contact.rename("Fay");
    again.rename("Fay");
    expect(await contacts.update(contact, once)).toBe(1);
    expect(await contacts.update(again, once)).toBe(1);
    expect([again.version, again.pending, again.history]).toEqual([6, [], contact.history]);
    again.rename("Gil");
    expect(await contacts.update(again)).toBe(1);
    expect((await contacts.findById(id)).version).toBe(7);
  },

  "the history tells which stored event each came of": async (bench) => {
    const { contacts, id } = await withOldContact(bench);
    const { items, startCursor, endCursor } = await contacts.history(id);
    expect(items.map(({ event }) => event)).toEqual(BECAME);
    expect(items.map(({ sequence, part, parts }) => [sequence, part, parts])).toEqual([
      [1, 1, 1],
      [2, 1, 1],
      [3, 1, 2],
      [3, 2, 2],
      [5, 1, 1],
    ]);
    expect(items[2]?.position).toBe(items[3]?.position);
    expect([startCursor, endCursor]).toEqual(["1", "5"]);
    const backwards = await contacts.history(id, { direction: "desc" });
    expect(backwards.items).toEqual(items.toReversed());
  },

  "a history is paged by what is stored": async (bench) => {
    const { contacts, id } = await withOldContact(bench);
    const page = await contacts.history(id, { first: 2, after: 2 });
    expect(page.items.map(({ sequence }) => sequence)).toEqual([3, 3]);
    expect([0, 1, 2].map((at) => page.cursorAt(at))).toEqual(["3", "3", undefined]);
    expect([page.startCursor, page.endCursor, page.hasNextPage]).toEqual(["3", "4", true]);
    const empty = await contacts.history(id, { first: 1, after: 3 });
    expect([empty.items, empty.endCursor, empty.hasNextPage]).toEqual([[], "4", true]);
    const walked: unknown[] = [];
    for await (const { event } of contacts.eachEvent(id, { first: 1 })) walked.push(event);
    expect(walked).toEqual(BECAME);
  },

  "the past counts what is stored": async (bench) => {
    const { contacts, id } = await withOldContact(bench);
    const past = async (version: number) => {
      const contact = await contacts.findById(id, { asOf: { version } });
      return [contact.version, contact.history.length, contact.state.name];
    };
    expect(await past(1)).toEqual([1, 1, "Ada"]);
    expect(await past(3)).toEqual([3, 4, "Dee"]);
    expect(await past(4)).toEqual([4, 4, "Dee"]);
    const last = await contacts.findById(id, { asOf: { version: 4 } });
    last.rename("Fay");
    await thrownBy(contacts.update(last), EntityUnusableError);
  },

  "before its first event an entity is not there, also where stored ones became none": async (
    bench,
  ) => {
    const Contact = await bench.define(defineContact);
    const contacts = createStoreRepository(Contact, bench.store);
    const id = await storeOld(bench, Contact, [PINGED, ADDED]);
    expect((await contacts.findById(id)).version).toBe(2);
    expect(await contacts.maybeFindById(id, { asOf: { version: 1 } })).toBeUndefined();
    await thrownBy(contacts.findById(id, { asOf: { version: 1 } }), EntityNotFoundError);
    const nothing = await storeOld(bench, Contact, [PINGED, PINGED]);
    const error = await thrownBy(contacts.findById(nothing), StoredEventError);
    expect([error.id, error.sequence]).toEqual([nothing, 2]);
  },

  "an event under an old name deletes as the new one does": async (bench) => {
    const Contact = await bench.define(defineContact);
    const contacts = createStoreRepository(Contact, bench.store);
    const id = await storeOld(bench, Contact, [ADDED, SPLIT, PINGED, { type: "Dropped" }]);
    expect(await contacts.maybeFindById(id)).toBeUndefined();
    const contact = await contacts.findById(id, { includeDeleted: true });
    expect([contact.isDeleted, contact.version]).toEqual([true, 4]);
    await contacts.restore(contact);
    expect([contact.isDeleted, contact.version]).toEqual([false, 5]);
    expect((await contacts.findById(id)).state.email).toBe("d@e.f");
  },

  "what cannot be upcast is an error that says where, without values": async (bench) => {
    const Contact = await bench.define(defineContact);
    const contacts = createStoreRepository(Contact, bench.store);
    const cases: readonly [Record<string, unknown>, RegExp, readonly PropertyKey[]][] = [
      [{ type: "EmailChanged", v: 4, email: "x" }, /version 4.*newer code/, ["v"]],
      [{ type: "Renamed", v: 2, name: "x" }, /version 2.*newer code/, ["v"]],
      [{ type: "DetailsChanged", v: 3, name: "x" }, /version 3.*newer code/, ["v"]],
      [{ type: "EmailChanged", address: "Mallory" }, /mail/, ["mail"]],
      [{ type: "EmailChanged", mail: "" }, /upcaster of version 2 .* threw/, []],
      [{ type: "EmailChanged", v: 2, address: "long" }, /upcaster of version 2/, ["email"]],
    ];
    for (const [body, message, path] of cases) {
      const id = await storeOld(bench, Contact, [ADDED, body as never]);
      for (const read of [() => contacts.findById(id), () => contacts.history(id)]) {
        const error = await thrownBy<StoredEventError>(read(), StoredEventError);
        expect(error.message).toMatch(message);
        expect(error.message).not.toMatch(/secret|long|Mallory/);
        expect([error.table, error.id, error.sequence]).toEqual([Contact.plan.eventsTable, id, 2]);
        expect(error.issues[0]?.path).toEqual(path);
      }
    }
  },
});
