import {
  createStoreConsumer,
  createStoreErasure,
  createStoreRepository,
  DuplicateValueError,
  type EventOf,
  forgotten,
  isForgotten,
  Scope,
} from "@annals/core";
import { expect } from "vitest";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { defineFamily } from "../entities/family.ts";
import { defineLodger } from "../entities/lodger.ts";
import { countedKeys, withPatients } from "../entities/patient.ts";
import { thrownBy } from "../thrown-by.ts";

export const forgettingReach = contractGroup("how far forgetting reaches", {
  "reaches all that is about the subject": both(async (bench, method) => {
    const { patients, visits, feed, forget, Patient, Visit, Feed, keys } = await withPatients(
      bench,
      method,
    );
    const ada = await patients.create({ email: "ada@example.com" });
    const bob = await patients.create({ email: "bob@example.com" });
    const adas = await visits.createAll([
      { patientId: ada.id, complaint: "one" },
      { patientId: ada.id, complaint: "two" },
    ]);
    const bobs = await visits.create({ patientId: bob.id, complaint: "one" });
    await feed.publish({ type: "Announced", patientId: ada.id, headline: "h" }, { key: ada.id });
    const consumer = (name: string, seen: unknown[]) =>
      createStoreConsumer(bench.store, {
        name,
        topics: [Patient, Visit, Feed],
        keys,
        onEvent: (event) => void seen.push(event),
      });
    const live: unknown[] = [];
    const follower = consumer(`${Patient.name}-live`, live);
    await follower.catchUp();
    live.length = 0;
    const receipt = await forget(ada.id);
    expect(receipt).toMatchObject({ entities: 3, topics: 1 });
    for (const { id } of adas) {
      expect((await visits.findById(id)).state.complaint).toBe(forgotten);
    }
    expect((await visits.findById(bobs.id)).state.complaint).toBe("one");
    expect(await visits.count({ where: { complaint: "one" } })).toBe(1);
    await follower.catchUp();
    const types = live.map((event) => (event as EventOf<typeof Patient>).type as string);
    expect(types.toSorted()).toEqual([
      ...["PatientForgotten", "Silenced", "VisitForgotten", "VisitForgotten"],
    ]);
    expect(live).toContainEqual({ type: "Silenced", patientId: ada.id });
    // A consumer that begins now folds the same events without the values.
    const replayed: unknown[] = [];
    await consumer(`${Patient.name}-late`, replayed).catchUp();
    const complaints = replayed.flatMap((event) =>
      "complaint" in (event as object) ? [(event as { complaint: unknown }).complaint] : [],
    );
    expect(complaints).toEqual([forgotten, forgotten, "one"]);
    expect(replayed).toContainEqual({ type: "Announced", patientId: ada.id, headline: forgotten });
  }),

  "reaches children of a parent, which keep to their tree": both(async (bench, method) => {
    const { Family, Member, all } = await bench.defineAll(defineFamily(method));
    const { keys } = await withPatients(bench, method);
    const families = createStoreRepository(Family, bench.store, { keys });
    const made = await families.create({ street: "Main", members: ["Ada", "Bob"] });
    const [ada, bob] = (await families.findById(made.id)).members.list;
    expect([ada?.state.name, bob?.state.name].toSorted()).toEqual(["Ada", "Bob"]);
    const [stored] = await bench.store.entity(Family.plan).load([made.id], undefined);
    // In quotes: a ciphertext may well spell a short name.
    expect(JSON.stringify(stored)).not.toMatch(/"(Ada|Bob)"/);
    const erasure = createStoreErasure(bench.store, { definitions: all, keys });
    await erasure.forget({ kind: Member.name, id: ada?.id ?? "" }, { reason: "r" });
    const left = (await families.findById(made.id)).members.list;
    expect(left.find(({ id }) => id === ada?.id)?.state.name).toBe(forgotten);
    expect(left.find(({ id }) => id === bob?.id)?.state.name).toBe(bob?.state.name);
    const told = (await families.treeHistory(made.id)).items.flatMap(({ event }) =>
      event.type === "MemberJoined" ? event.name : [],
    );
    expect(told.toSorted()).toEqual([forgotten, bob?.state.name].toSorted());
    const again = await families.findById(made.id);
    again.welcome("Eve");
    await families.update(again);
    expect((await families.findById(made.id)).members.list).toHaveLength(3);
  }),

  "keeps to the scope of whoever is forgotten": both(async (bench, method) => {
    const keys = countedKeys();
    const Lodger = await bench.define(defineLodger(method));
    const lodgers = createStoreRepository(Lodger, bench.store, { keys });
    const [acme, globex] = ["acme", "globex"].map((tenantId) => lodgers.scoped({ tenantId }));
    if (acme === undefined || globex === undefined) throw new Error("There are two scopes");
    const ours = await acme.create({ email: "ada@example.com" });
    const theirs = await globex.create({ email: "Ada@example.com" });
    await thrownBy(acme.create({ email: "ADA@example.com" }), DuplicateValueError);
    const erasure = createStoreErasure(bench.store, { definitions: [Lodger], keys });
    const receipt = await erasure.forget({ kind: Lodger.name, id: ours.id }, { reason: "r" });
    expect(receipt.entities).toBe(1);
    expect((await acme.findById(ours.id)).state).toMatchObject({
      tenantId: "acme",
      email: forgotten,
    });
    expect(await acme.maybeFindByEmail("ada@example.com")).toBeUndefined();
    expect(await globex.maybeFindById(ours.id)).toBeUndefined();
    expect((await globex.findByEmail("ada@example.com")).id).toBe(theirs.id);
    const next = await acme.create({ email: "ada@example.com" });
    theirs.changeEmail("eve@example.com");
    await globex.update(theirs);
    expect((await acme.findByEmail("ada@example.com")).id).toBe(next.id);
    const all = await lodgers.scoped(Scope.all).list();
    expect(all.items.filter(({ state }) => isForgotten(state.email))).toHaveLength(1);
  }),

  "forgets what requests asked for": both(async (bench, method) => {
    const { patients, forget } = await withPatients(bench, method);
    const input = { email: "ada@example.com" };
    const ada = await patients.create(input, { idempotencyKey: "k" });
    await forget(ada.id);
    await expect(patients.create(input, { idempotencyKey: "k" })).rejects.toMatchObject({
      code: "ANNALS_IDEMPOTENCY_KEY_REUSED",
    });
  }),
});
