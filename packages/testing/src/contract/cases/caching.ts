import { createStoreRepository, InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineContact, storeOld } from "../entities/contact.ts";
import { defineMember } from "../entities/member.ts";
import { defineOrder } from "../entities/order.ts";
import { defineProject } from "../entities/project.ts";
import { defineTagged } from "../entities/tagged.ts";
import { nextId } from "../scoped-projects.ts";
import { thrownBy } from "../thrown-by.ts";
import { watchedReads } from "../watched-reads.ts";

/** The same accounts through a cache whose reads are watched, and without one, as another process has them. */
const cachedAccounts = async (bench: Bench, cache: true | { events: number } = true) => {
  const Account = await bench.define(defineAccount);
  const { store, taken } = watchedReads(bench.store);
  return {
    taken,
    cached: createStoreRepository(Account, store, { cache }),
    others: createStoreRepository(Account, bench.store),
  };
};

export const caching = contractGroup("caching", {
  "what is known is not read again, however it is found": async (bench) => {
    const { cached, others, taken } = await cachedAccounts(bench);
    const { id } = await others.create({ email: "ada@example.com" });
    const reads = [
      () => cached.findById(id),
      () => cached.findByEmail("ADA@example.com"),
      async () => (await cached.list({ where: { status: "active" } })).items[0],
      async () => (await cached.findAll([id])).get(id),
    ];
    for (const read of reads) await read();
    taken();
    for (const read of reads) {
      const ada = await read();
      expect(ada?.toJSON()).toEqual((await others.findById(id)).toJSON());
      expect(ada?.history).toEqual([expect.objectContaining({ type: "AccountOpened" })]);
    }
    expect(taken()).toEqual([0, 0, 0, 0]);
  },

  "what others have written since is read, and no more": async (bench) => {
    const { cached, others, taken } = await cachedAccounts(bench);
    const { id } = await cached.create({ email: "ada@example.com" });
    for (const name of ["A", "B", "C"]) {
      const ada = await others.findById(id);
      ada.rename(name);
      ada.rename(`${name}!`);
      await others.update(ada);
      const found = await cached.findById(id);
      expect(found.state.name).toBe(`${name}!`);
      expect([found.version, found.history.length, found.pending]).toEqual([
        ada.version,
        ada.version,
        [],
      ]);
    }
    expect(taken()).toEqual([3, 2, 2]);
  },

  "decides on what is known, and stores what follows it": async (bench) => {
    const { cached, others, taken } = await cachedAccounts(bench);
    const { id } = await cached.create({ email: "ada@example.com" });
    for (const name of ["A", "B", "C"]) {
      await cached.transact(id, (ada) => ada.rename(name));
    }
    expect(taken()).toEqual([1, 1, 1]);
    const ada = await others.findById(id);
    expect([ada.version, ada.state.name]).toEqual([4, "C"]);
    // Two who read the same do not share what they decide.
    const [one, other] = [await cached.findById(id), await cached.findById(id)];
    one.rename("D");
    expect(other.pending).toEqual([]);
    expect(other.history).toHaveLength(4);
    await cached.update(one);
    other.rename("E");
    await expect(cached.update(other)).rejects.toMatchObject({
      code: "ANNALS_CONCURRENT_MODIFICATION",
    });
  },

  "a value that moved is found where it is": async (bench) => {
    const { cached, others } = await cachedAccounts(bench);
    const ada = await others.create({ email: "ada@example.com" });
    const bob = await others.create({ email: "bob@example.com" });
    expect((await cached.findByEmail("ada@example.com")).id).toBe(ada.id);
    ada.changeEmail("countess@example.com");
    await others.update(ada);
    expect(await cached.maybeFindByEmail("ada@example.com")).toBeUndefined();
    bob.changeEmail("ada@example.com");
    await others.update(bob);
    const found = await cached.findByEmail("ada@example.com");
    expect([found.id, found.version]).toEqual([bob.id, 2]);
    expect((await cached.findByEmail("countess@example.com")).id).toBe(ada.id);
  },

  "what is deleted is not found, and found again once restored": async (bench) => {
    const Member = await bench.define(defineMember);
    const cached = createStoreRepository(Member, bench.store, { cache: true });
    const others = createStoreRepository(Member, bench.store);
    const ada = await others.create({ email: "ada@example.com" });
    await cached.findById(ada.id);
    await cached.findByEmail("ada@example.com");
    await others.delete(ada, { reason: "moved" });
    expect(await cached.maybeFindById(ada.id)).toBeUndefined();
    expect(await cached.maybeFindByEmail("ada@example.com")).toBeUndefined();
    expect((await cached.list()).items).toEqual([]);
    const deleted = await cached.findById(ada.id, { includeDeleted: true });
    expect([deleted.isDeleted, deleted.version]).toEqual([true, 2]);
    await others.restore(ada);
    const restored = await cached.findById(ada.id);
    expect([restored.isDeleted, restored.version]).toEqual([false, 3]);
    expect((await cached.findByEmail("ada@example.com")).isDeleted).toBe(false);
  },

  "what a transaction takes back was never known": async (bench) => {
    const { cached, taken } = await cachedAccounts(bench);
    const { id } = await cached.create({ email: "ada@example.com" });
    await cached.findById(id);
    taken();
    const undone = bench.transaction(async (tx) => {
      const ada = await cached.findById(id, { tx });
      ada.rename("Nobody");
      await cached.update(ada, { tx });
      const found = await cached.findById(id, { tx });
      expect([found.state.name, found.version]).toEqual(["Nobody", 2]);
      expect((await cached.findByEmail("ada@example.com", { tx })).state.name).toBe("Nobody");
      await cached.create({ email: "bob@example.com" }, { tx });
      expect((await cached.findByEmail("bob@example.com", { tx })).version).toBe(1);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    taken();
    const found = await cached.findById(id);
    expect([found.state.name, found.version]).toEqual(["Ada", 1]);
    expect(taken()).toEqual([0]);
    found.rename("Countess");
    await cached.update(found);
    const again = await cached.findById(id);
    expect([again.state.name, again.version]).toEqual(["Countess", 2]);
    expect(await cached.maybeFindByEmail("bob@example.com")).toBeUndefined();
  },

  "what is known in one scope is not there in another": async (bench) => {
    const Project = await bench.define(defineProject);
    const { store, taken } = watchedReads(bench.store);
    const projects = createStoreRepository(Project, store, { cache: true });
    const [acme, globex] = [
      projects.scoped({ tenantId: "acme" }),
      projects.scoped({ tenantId: "globex" }),
    ];
    const { id } = await acme.create({ code: "a", budget: 1 }, { id: nextId() });
    const theirs = await globex.create({ code: "a", budget: 2 }, { id: nextId() });
    expect((await acme.findByCode("a")).id).toBe(id);
    expect((await globex.findByCode("a")).id).toBe(theirs.id);
    taken();
    expect((await acme.findByCode("a")).state.budget).toBe(1);
    expect((await globex.findByCode("a")).state.budget).toBe(2);
    expect(taken()).toEqual([0, 0]);
    expect(await globex.maybeFindById(id)).toBeUndefined();
    expect(await globex.maybeFindById(id, { includeDeleted: true })).toBeUndefined();
    expect(await globex.maybeFindByBudget(1)).toBeUndefined();
    expect([...(await globex.findAll([id, theirs.id])).keys()]).toEqual([theirs.id]);
    expect((await globex.list()).items.map((one) => one.id)).toEqual([theirs.id]);
    const again = createStoreRepository(Project, store, { cache: true });
    expect(await again.scoped({ tenantId: "globex" }).maybeFindById(id)).toBeUndefined();
  },

  "events that became several, or none, are known as well": async (bench) => {
    const Contact = await bench.define(defineContact);
    const { store, taken } = watchedReads(bench.store);
    const cached = createStoreRepository(Contact, store, { cache: true });
    const others = createStoreRepository(Contact, bench.store);
    const old = [
      { type: "ContactAdded", mail: "a@b.c", name: "Ada", day: "2020-02-03" },
      { type: "DetailsChanged", mail: "d@e.f", name: "Dee" },
      { type: "Pinged" },
    ];
    const id = await storeOld(bench, Contact, old, ["d@e.f", "Dee"]);
    await cached.findById(id);
    const before = await cached.findById(id);
    expect(before.history).toEqual((await others.findById(id)).history);
    await others.transact(id, (contact) => contact.rename("Eve"));
    const after = await cached.findById(id);
    expect(after.history).toEqual((await others.findById(id)).history);
    expect([after.version, after.state.name]).toEqual([4, "Eve"]);
    expect(taken()).toEqual([3, 0, 1]);
    after.rename("Fay");
    await cached.update(after);
    expect((await others.findById(id)).version).toBe(5);
  },

  "nobody changes what others read": async (bench) => {
    const Contact = await bench.define(defineContact);
    const contacts = createStoreRepository(Contact, bench.store, { cache: true });
    const { id } = await contacts.create({ email: "a@b.c", name: "Ada" });
    const expected = (await contacts.findById(id)).state.since.getTime();
    for (let read = 0; read < 3; read += 1) {
      const { state, history } = await contacts.findById(id);
      expect(() => state.since.setTime(0)).toThrow(TypeError);
      expect(() => Object.assign(state, { name: "Eve" })).toThrow(TypeError);
      expect(() => Object.assign(history[0] ?? {}, { name: "Eve" })).toThrow(TypeError);
      expect(state.since.getTime()).toBe(expected);
    }
    // Nobody can freeze what a class of the user's own makes.
    const Tagged = await bench.define(defineTagged);
    const { store, taken } = watchedReads(bench.store);
    const tagged = createStoreRepository(Tagged, store, { cache: true });
    const one = await tagged.create({ tags: ["a"] });
    for (let read = 0; read < 3; read += 1) {
      const { state } = await tagged.findById(one.id);
      expect(state.tags.all).toEqual(["a"]);
      state.tags.all.push("b");
    }
    expect(taken()).toEqual([1, 1, 1]);
  },

  "what was not read for the longest is forgotten first": async (bench) => {
    const { cached, others, taken } = await cachedAccounts(bench, { events: 5 });
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) {
      ids.push((await others.create({ email: `${name}@example.com` })).id);
    }
    const [a, b, c] = ids as [string, string, string];
    for (const id of [a, b, a, c, a, b]) await cached.findById(id);
    // An entity weighs its events, and one for itself: two of them fit.
    expect(taken()).toEqual([1, 1, 0, 1, 0, 1]);
    const ada = await others.findById(a);
    for (const name of ["A", "B", "C", "D"]) ada.rename(name);
    await others.update(ada);
    for (const id of [a, a, b]) await cached.findById(id);
    // One that is too long for all of the room is read whole each time.
    expect(taken()).toEqual([4, 5, 0]);
  },

  "a walk over everything leaves what is known in its place": async (bench) => {
    const { cached, others, taken } = await cachedAccounts(bench, { events: 4 });
    const { id } = await others.create({ email: "ada@example.com" });
    for (let at = 0; at < 5; at += 1) await others.create({ email: `${at}@example.com` });
    await cached.findById(id);
    let walked = 0;
    for await (const _ of cached.each({ first: 2 })) walked += 1;
    expect(walked).toBe(6);
    taken();
    await cached.findById(id);
    expect(taken()).toEqual([0]);
  },

  "the past is read as it was": async (bench) => {
    const { cached, others } = await cachedAccounts(bench);
    const { id } = await cached.create({ email: "ada@example.com" });
    await others.transact(id, (ada) => ada.rename("Countess"));
    await cached.findById(id);
    const past = await cached.findById(id, { asOf: { version: 1 } });
    expect([past.state.name, past.version]).toEqual(["Ada", 1]);
    expect((await cached.findById(id)).state.name).toBe("Countess");
    expect((await cached.history(id)).items).toHaveLength(2);
  },

  "children are part of no version, so their parents are not cached": async (bench) => {
    const { Order, Line } = await bench.defineAll(defineOrder);
    const open = () => createStoreRepository(Order, bench.store, { cache: true });
    expect(open).toThrow(InvalidArgumentError);
    expect(() => createStoreRepository(Line, bench.store, { cache: true })).toThrow(/children/);
    const Account = await bench.define(defineAccount);
    for (const events of [0, -1, 1.5, Number.NaN]) {
      const opened = () => createStoreRepository(Account, bench.store, { cache: { events } });
      expect(opened).toThrow(InvalidArgumentError);
    }
    await thrownBy(Promise.resolve().then(open), InvalidArgumentError);
  },
});
