import {
  createStoreErasure,
  createStoreRepository,
  forgotten,
  InvalidArgumentError,
  isForgotten,
  localKeys,
  SubjectForgottenError,
} from "@annals/core";
import { expect } from "vitest";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { withPatients } from "../entities/patient.ts";
import { thrownBy } from "../thrown-by.ts";

export const forgetting = contractGroup("forgetting", {
  "leaves an entity that folds without the values": both(async (bench, method) => {
    const { patients, forget } = await withPatients(bench, method);
    const ada = await patients.create({
      email: "ada@example.com",
      relatives: [{ of: "father", phone: "1" }],
      notes: { first: "x" },
      address: { kind: "street", street: "s", zip: "1" },
    });
    const bob = await patients.create({ email: "bob@example.com" });
    const receipt = await forget(ada.id);
    expect(receipt).toMatchObject({ id: ada.id, entities: 1, reason: "request 1" });
    expect(receipt.values).toBe(method === "payload-table" ? 5 : 0);
    const found = await patients.findById(ada.id);
    expect(found.state).toEqual({
      email: forgotten,
      name: forgotten,
      born: null,
      ward: "none",
      address: { kind: "street", street: forgotten, zip: "1" },
      relatives: [{ of: "father", phone: forgotten }],
      notes: { first: forgotten },
    });
    expect(found.version).toBe(2);
    expect(found.history.at(-1)).toEqual({ type: "PatientForgotten" });
    expect(JSON.parse(JSON.stringify(found.state)).email).toBeNull();
    expect(`${found.state.email}`).toBe("[forgotten]");
    expect((await patients.findById(bob.id)).state.email).toBe("bob@example.com");
    // The old values are nobody's any more.
    expect(await patients.maybeFindByEmail("ada@example.com")).toBeUndefined();
    const next = await patients.create({ email: "ada@example.com" });
    expect(next.state.email).toBe("ada@example.com");
    const { items } = await patients.list({ where: { email: null } });
    expect(items.map(({ id }) => id)).toEqual([ada.id]);
  }),

  "keeps the rest of the life of the entity": both(async (bench, method) => {
    const { patients, forget } = await withPatients(bench, method);
    const ada = await patients.create({ email: "ada@example.com" });
    await forget(ada.id);
    const found = await patients.findById(ada.id);
    found.move("c");
    await patients.update(found);
    const again = await patients.findById(ada.id);
    expect(again.state).toMatchObject({ ward: "c", email: forgotten });
    again.changeEmail("new@example.com");
    await thrownBy(patients.update(again), SubjectForgottenError);
    const kept = await patients.findById(ada.id);
    kept.changeEmail(forgotten);
    await patients.update(kept);
    expect((await patients.findById(ada.id)).version).toBe(4);
  }),

  "refuses whoever read before": both(async (bench, method) => {
    const { patients, forget } = await withPatients(bench, method);
    const ada = await patients.create({ email: "ada@example.com" });
    const stale = await patients.findById(ada.id);
    await forget(ada.id);
    stale.move("z");
    await expect(patients.update(stale)).rejects.toMatchObject({
      code: "ANNALS_CONCURRENT_MODIFICATION",
    });
    const other = await patients.maybeFindById(ada.id);
    expect(other && isForgotten(other.state.email)).toBe(true);
  }),

  "is done once, however often it is asked for": both(async (bench, method) => {
    const { patients, forget, erasure, Patient } = await withPatients(bench, method);
    const ada = await patients.create({ email: "ada@example.com" });
    expect(await erasure.receipt({ kind: Patient.name, id: ada.id })).toBeUndefined();
    const first = await forget(ada.id);
    const second = await forget(ada.id.toUpperCase());
    expect({ ...second, id: ada.id }).toEqual(first);
    expect(await erasure.receipt({ kind: Patient.name, id: ada.id })).toEqual(first);
    expect((await patients.findById(ada.id)).version).toBe(2);
  }),

  "forgets deleted entities, which stay deleted": both(async (bench, method) => {
    const { patients, forget } = await withPatients(bench, method);
    const ada = await patients.create({ email: "ada@example.com" });
    await patients.delete(ada);
    await forget(ada.id);
    expect(await patients.maybeFindById(ada.id)).toBeUndefined();
    const found = await patients.findById(ada.id, { includeDeleted: true });
    expect(found.isDeleted).toBe(true);
    expect(found.state.email).toBe(forgotten);
  }),

  "leaves nothing in the process that had the keys": async (bench) => {
    const { patients, forget, Patient } = await withPatients(bench, "crypto-shredding");
    const ada = await patients.create({ email: "ada@example.com" });
    const [before] = await bench.store.entity(Patient.plan).load([ada.id], undefined);
    await patients.findById(ada.id);
    await forget(ada.id);
    const { items } = await patients.history(ada.id);
    expect(items[0]?.event).toMatchObject({ email: forgotten });
    expect(before?.events).toHaveLength(1);
  },

  "goes on where it was stopped": both(async (bench, method) => {
    const { patients, visits, Patient, definitions, keys } = await withPatients(bench, method);
    const ada = await patients.create({ email: "ada@example.com" });
    await visits.createAll(
      Array.from({ length: 5 }, (_, at) => ({ patientId: ada.id, complaint: `${at}` })),
    );
    let settled = 0;
    const subjects = bench.store.subjects();
    const dying = {
      ...bench.store,
      entity: (plan: Parameters<typeof bench.store.entity>[0]) => bench.store.entity(plan),
      transaction: ((work, options) =>
        bench.store.transaction(work, options)) as typeof bench.store.transaction,
      topic: (plan: Parameters<typeof bench.store.topic>[0]) => bench.store.topic(plan),
      subjects: () =>
        new Proxy(subjects, {
          get: (target, name) => {
            const value = Reflect.get(target, name) as unknown;
            if (typeof value !== "function") return value;
            if (name !== "settle") return value.bind(target);
            return async (...args: Parameters<typeof subjects.settle>) => {
              settled += 1;
              if (settled === 3) throw new Error("killed");
              return subjects.settle(...args);
            };
          },
        }),
    };
    const subject = { kind: Patient.name, id: ada.id };
    const settings = { definitions, keys };
    await expect(
      createStoreErasure(dying, settings).forget(subject, { reason: "first" }),
    ).rejects.toThrow("killed");
    // Nothing can be read already.
    expect((await patients.findById(ada.id)).state.email).toBe(forgotten);
    const receipt = await createStoreErasure(bench.store, settings).forget(subject, {
      reason: "second",
    });
    expect(receipt.entities).toBe(4);
    const { items } = await visits.list({ where: { patientId: ada.id } });
    expect(items.map(({ version }) => version)).toEqual([2, 2, 2, 2, 2]);
    expect(await visits.count({ where: { complaint: null } })).toBe(5);
  }),

  "refuses what it does not know": both(async (bench, method) => {
    const { patients, visits, Patient, keys, erasure } = await withPatients(bench, method);
    const ada = await patients.create({ email: "ada@example.com" });
    await visits.create({ patientId: ada.id, complaint: "x" });
    const some = createStoreErasure(bench.store, { definitions: [Patient], keys });
    const subject = { kind: Patient.name, id: ada.id };
    await thrownBy(some.forget(subject, { reason: "r" }), InvalidArgumentError);
    expect((await patients.findById(ada.id)).state.email).toBe("ada@example.com");
    await thrownBy(erasure.forget({ kind: "no", id: "1" }, { reason: "r" }), InvalidArgumentError);
    await thrownBy(erasure.forget(subject, { reason: " " }), InvalidArgumentError);
  }),

  "outlives a rotation of the wrapping key, as everything else does": async (bench) => {
    const { patients, forget, Patient, definitions } = await withPatients(
      bench,
      "crypto-shredding",
    );
    const ada = await patients.create({ email: "ada@example.com" });
    const bob = await patients.create({ email: "bob@example.com" });
    await forget(ada.id);
    const all = { first: "A".repeat(43), second: "C".repeat(43) };
    const rotating = localKeys({ current: "second", keys: all });
    const erasure = createStoreErasure(bench.store, { definitions, keys: rotating });
    expect(await erasure.rotateKeys()).toMatchObject({ finished: true });
    expect(await erasure.rotateKeys()).toEqual({ finished: true, rewrapped: 0 });
    const keys = localKeys({ current: "second", keys: { second: all.second } });
    const rotated = createStoreRepository(Patient, bench.store, { keys });
    expect((await rotated.findByEmail("bob@example.com")).id).toBe(bob.id);
    expect((await rotated.findById(ada.id)).state.email).toBe(forgotten);
    // The key for index columns is rotated as well: put back for the cases that come.
    const back = localKeys({ current: "first", keys: all });
    await createStoreErasure(bench.store, { definitions, keys: back }).rotateKeys();
  },
});
