import { createStoreRepository, forgotten, HistoryNotLoadedError, Scope } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { defineGarden } from "../entities/garden.ts";
import { withPatients } from "../entities/patient.ts";

const openGardens = async (bench: Bench) => {
  const { Garden, Bed } = await bench.defineAll(defineGarden);
  const gardens = createStoreRepository(Garden, bench.store);
  const entities = bench.store.entity(Garden.plan);
  return {
    ours: gardens.scoped({ tenantId: "acme" }),
    theirs: gardens.scoped({ tenantId: "globex" }),
    all: gardens.scoped(Scope.all),
    beds: createStoreRepository(Bed, bench.store).scoped({ tenantId: "acme" }),
    /** Where reads of the garden and of its beds begin. */
    beginnings: async (id: string, seen = {}) => {
      const [garden] = await entities.load([id], undefined, seen);
      return [garden, ...(garden?.children?.beds ?? [])].map((one) => one?.snapshot?.version);
    },
  };
};

export const snapshotParts = contractGroup("snapshots: with the other parts", {
  "of children are read with their tree, each from its own": async (bench) => {
    const { ours, beds, beginnings } = await openGardens(bench);
    const garden = await ours.create({ owner: "Ada", crops: ["kale", "peas"] });
    expect(await beginnings(garden.id)).toEqual([undefined, undefined, undefined]);
    garden.water();
    garden.sell("Bob");
    await ours.update(garden);
    expect(await beginnings(garden.id)).toEqual([undefined, 2, 2]);
    garden.dig("corn");
    garden.water();
    garden.sell("Eve");
    await ours.update(garden);
    expect(await beginnings(garden.id)).toEqual([3, 2, 2, 2]);
    expect(await beginnings(garden.id, { history: true })).toEqual(Array(4).fill(undefined));
    const short = await ours.findById(garden.id);
    const long = await ours.findById(garden.id, { history: true });
    expect(short.toJSON()).toEqual(long.toJSON());
    expect(short.beds.list.map(({ state }) => state.grown)).toEqual([2, 2, 1]);
    expect(long.beds.list.map(({ history }) => history.length)).toEqual([3, 3, 2]);
    expect(() => short.beds.list[0]?.history).toThrow(HistoryNotLoadedError);
    // However children are asked for, histories are as well.
    const listed = await ours.findById(garden.id, { history: true, children: ["beds"] });
    const named = await ours.findById(garden.id, { history: true, children: { beds: true } });
    for (const tree of [listed, named]) {
      expect(tree.beds.list.map(({ history }) => history.length)).toEqual([3, 3, 2]);
    }
    const chosen = await ours.findById(garden.id, {
      history: true,
      children: { beds: { where: { crop: "kale" } } },
    });
    expect(chosen.history).toEqual(long.history);
    expect(chosen.beds.list.map(({ state, history }) => [state.crop, history.length])).toEqual([
      ["kale", 3],
    ]);
    const bare = await ours.findById(garden.id, { history: true, children: { beds: false } });
    expect(bare.history).toEqual(long.history);
    const past = await ours.findById(garden.id, { asOf: { version: 2 } });
    expect(past.beds.list.map(({ state, history }) => [state.grown, history.length])).toEqual([
      [1, 2],
      [1, 2],
    ]);
    // The commands of children ask for their own histories.
    expect(() => short.waterOnce()).toThrow(HistoryNotLoadedError);
    expect(long.waterOnce()).toBe("alreadyApplied");
    const [first = ""] = short.beds.list.map(({ id }) => id);
    expect((await beds.findById(first)).state).toMatchObject({ crop: "kale", grown: 2 });
  },

  "of children change nothing about a request that is repeated": async (bench) => {
    const { ours, beginnings } = await openGardens(bench);
    const { id } = await ours.create({ owner: "Ada", crops: ["kale", "peas"] });
    const once = { idempotencyKey: `key-${id}` };
    await ours.transact(id, (garden) => garden.water(), once);
    expect(await beginnings(id)).toEqual([undefined, 2, 2]);
    const { entity, replayed } = await ours.transact(id, (garden) => garden.water(), once);
    expect(replayed).toBe(true);
    expect(entity.beds.list.map(({ state, history }) => [state.grown, history.length])).toEqual([
      [1, 2],
      [1, 2],
    ]);
  },

  "of removed children say so": async (bench) => {
    const { ours, beginnings } = await openGardens(bench);
    const garden = await ours.create({ owner: "Ada", crops: ["kale"] });
    const [bed = ""] = garden.beds.list.map(({ id }) => id);
    garden.leave(bed);
    await ours.update(garden);
    expect(await beginnings(garden.id)).toEqual([undefined]);
    expect(await beginnings(garden.id, { includeDeleted: true })).toEqual([undefined, 2]);
    expect((await ours.findById(garden.id)).beds.size).toBe(0);
  },

  "stay within their scope": async (bench) => {
    const { ours, theirs, all, beginnings } = await openGardens(bench);
    const garden = await ours.create({ owner: "Ada", crops: ["kale"] });
    for (const owner of ["Bob", "Eve", "Ada"]) garden.sell(owner);
    await ours.update(garden);
    expect(await beginnings(garden.id)).toEqual([4, undefined]);
    expect(await theirs.maybeFindById(garden.id)).toBeUndefined();
    expect(await theirs.maybeFindById(garden.id, { history: true })).toBeUndefined();
    expect((await theirs.list()).items).toEqual([]);
    expect((await all.findById(garden.id)).state.owner).toBe("Ada");
    const mine = await ours.findById(garden.id);
    mine.sell("Zoe");
    await ours.update(mine);
    expect((await ours.findById(garden.id)).state).toEqual({ tenantId: "acme", owner: "Zoe" });
  },

  "keep no personal value in the clear, and give it back": both(async (bench, method) => {
    const { patients, Patient } = await withPatients(bench, method, { every: 2 });
    const ada = await patients.create({ email: "marker-1@example.com", name: "marker-2" });
    ada.move("b");
    await patients.update(ada);
    const entities = bench.store.entity(Patient.plan);
    const [stored] = await entities.load([ada.id], undefined);
    expect(stored?.snapshot).toMatchObject({ version: 2, body: { state: { ward: "b" } } });
    expect(JSON.stringify(stored)).not.toMatch(/marker/);
    ada.changeEmail("marker-3@example.com");
    await patients.update(ada);
    const found = await patients.findById(ada.id);
    expect(found.state).toEqual((await patients.findById(ada.id, { history: true })).state);
    expect(found.state).toMatchObject({ name: "marker-2", email: "marker-3@example.com" });
  }),

  "are gone with whom they are about": both(async (bench, method) => {
    const { patients, visits, Patient, Visit, forget } = await withPatients(bench, method, {
      every: 2,
    });
    const ada = await patients.create({ email: "marker-1@example.com" });
    const bob = await patients.create({ email: "bob@example.com", name: "Bob" });
    for (const patient of [ada, bob]) {
      patient.move("b");
      await patients.update(patient);
    }
    const visit = await visits.create({ patientId: ada.id, complaint: "marker-2" });
    visit.finish();
    await visits.update(visit);
    const snapshotOf = async ({ plan }: typeof Patient | typeof Visit, id: string) =>
      (await bench.store.entity(plan).load([id], undefined))[0]?.snapshot?.version;
    expect(await snapshotOf(Patient, ada.id)).toBe(2);
    expect(await snapshotOf(Visit, visit.id)).toBe(2);
    await forget(ada.id);
    expect(await snapshotOf(Patient, ada.id)).toBeUndefined();
    expect(await snapshotOf(Visit, visit.id)).toBeUndefined();
    expect(await snapshotOf(Patient, bob.id)).toBe(2);
    const found = await patients.findById(ada.id);
    expect(found.state).toMatchObject({ email: forgotten, name: forgotten, ward: "none" });
    // What is kept from now on has nothing of them either.
    found.move("c");
    await patients.update(found);
    expect(await snapshotOf(Patient, ada.id)).toBe(4);
    const again = await patients.findById(ada.id);
    expect(again.state).toMatchObject({ email: forgotten, name: forgotten, ward: "c" });
    expect((await patients.findById(bob.id)).state).toMatchObject({ name: "Bob" });
  }),

  "of whom nobody may be reminded are not written by those who had read them before": both(
    async (bench, method) => {
      const { patients, Patient, erasure } = await withPatients(bench, method, { every: 2 });
      const ada = await patients.create({ email: "marker-1@example.com" });
      await bench.store.subjects().forget({
        ...{ subject: `${Patient.name}/${ada.id}`, reason: "first half" },
        own: [{ subject: `${Patient.name}/${ada.id}`, topic: Patient.name, id: ada.id }],
      });
      ada.move("b");
      expect(await patients.update(ada)).toBe(1);
      const [stored] = await bench.store.entity(Patient.plan).load([ada.id], undefined);
      expect(stored?.snapshot).toBeUndefined();
      await erasure.forget({ kind: Patient.name, id: ada.id }, { reason: "second half" });
      expect((await patients.findById(ada.id)).state).toMatchObject({ email: forgotten });
    },
  ),

  "are not kept of several subjects at once": both(async (bench, method) => {
    const { patients, visits, Visit } = await withPatients(bench, method, { every: 2 });
    const [ada, bob] = [
      await patients.create({ email: "ada@example.com" }),
      await patients.create({ email: "bob@example.com" }),
    ];
    const visit = await visits.create({ patientId: ada.id, complaint: "cough" });
    const versionOf = async () =>
      (await bench.store.entity(Visit.plan).load([visit.id], undefined))[0]?.snapshot?.version;
    visit.finish();
    await visits.update(visit);
    expect(await versionOf()).toBe(2);
    visit.moveTo(bob.id);
    await visits.update(visit);
    for (const history of [false, true]) {
      const read = await visits.findById(visit.id, { history });
      read.finish();
      read.finish();
      await visits.update(read);
      expect(await versionOf()).toBe(2);
    }
    expect((await visits.findById(visit.id)).state).toEqual({
      ...{ patientId: bob.id, complaint: "cough", done: true },
    });
  }),
});
