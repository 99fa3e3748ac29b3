import { createStoreErasure, createStoreRepository, forgotten } from "@annals/core";
import type { EntityStore, Store } from "@annals/core/adapter";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { withPatients } from "../entities/patient.ts";
import { watchedReads } from "../watched-reads.ts";

/** A store that forgets, and knows of nobody to tell: as it is while the events that say so are on their way. */
const forgettingOnly = (store: Store<OpaqueTx>): Store<OpaqueTx> => ({
  ...watchedReads(store).store,
  subjects: () => {
    const subjects = store.subjects();
    return {
      isInTransaction: subjects.isInTransaction,
      read: (names, tx) => subjects.read(names, tx),
      register: (write, wanted, tx) => subjects.register(write, wanted, tx),
      values: (refs, tx) => subjects.values(refs, tx),
      forget: (request) => subjects.forget(request),
      pending: async () => [],
      settle: (use, tx) => subjects.settle(use, tx),
      dropSnapshots: (entity, id, tx) => subjects.dropSnapshots(entity, id, tx),
      forgetRequests: (entity, subject) => subjects.forgetRequests(entity, subject),
      complete: (subject, reason, counts) => subjects.complete(subject, reason, counts),
      receipt: (subject) => subjects.receipt(subject),
      oldKeys: (which) => subjects.oldKeys(which),
      rewrap: (rewrapped) => subjects.rewrap(rewrapped),
    };
  },
});

export const cachedForgetting = contractGroup("caching and forgetting", {
  "whoever is forgotten is so at the next read of every process": both(async (bench, method) => {
    const { Patient, Visit, keys, forget, patients, visits } = await withPatients(bench, method);
    const watched = watchedReads(bench.store);
    const cached = createStoreRepository(Patient, watched.store, { keys, cache: true });
    const cachedVisits = createStoreRepository(Visit, watched.store, { keys, cache: true });
    const ada = await patients.create({ email: "ada@example.com" });
    const bob = await patients.create({ email: "bob@example.com" });
    const visit = await visits.create({ patientId: ada.id, complaint: "a cough" });
    for (let read = 0; read < 2; read += 1) {
      expect((await cached.findByEmail("ada@example.com")).state.name).toBe("Ada");
      expect((await cached.findById(bob.id)).state.name).toBe("Ada");
      expect((await cachedVisits.findById(visit.id)).state.complaint).toBe("a cough");
    }
    expect(watched.taken()).toEqual([1, 1, 1, 0, 0, 0]);
    await forget(ada.id);
    expect(await cached.maybeFindByEmail("ada@example.com")).toBeUndefined();
    for (let read = 0; read < 2; read += 1) {
      expect((await cached.findById(ada.id)).state.name).toBe(forgotten);
      expect((await cached.findById(ada.id)).history[0]).toMatchObject({ email: forgotten });
      expect((await cachedVisits.findById(visit.id)).state.complaint).toBe(forgotten);
    }
    watched.taken();
    expect((await cached.findById(bob.id)).state.email).toBe("bob@example.com");
    expect(watched.taken()).toEqual([0]);
  }),

  "also before the entity has the event that says so": both(async (bench, method) => {
    const { Patient, definitions, keys, patients } = await withPatients(bench, method);
    const cached = createStoreRepository(Patient, bench.store, { keys, cache: true });
    const ada = await patients.create({ email: "ada@example.com", ward: "a" });
    await cached.findById(ada.id);
    expect((await cached.findById(ada.id)).state.name).toBe("Ada");
    const erasure = createStoreErasure(forgettingOnly(bench.store), { definitions, keys });
    await erasure.forget({ kind: Patient.name, id: ada.id }, { reason: "request 2" });
    const found = await cached.findById(ada.id);
    expect([found.state.name, found.version]).toEqual([forgotten, 1]);
    expect((await cached.list({ where: { ward: "a" } })).items[0]?.state.email).toBe(forgotten);
  }),

  "values that are new to a reader are opened": both(async (bench, method) => {
    const { Patient, keys, patients } = await withPatients(bench, method);
    const watched = watchedReads(bench.store);
    const cached = createStoreRepository(Patient, watched.store, { keys, cache: true });
    const ada = await patients.create({ email: "ada@example.com" });
    await cached.findById(ada.id);
    for (const email of ["b@example.com", "c@example.com"]) {
      ada.changeEmail(email);
      ada.move("z");
      await patients.update(ada);
      const found = await cached.findById(ada.id);
      expect(found.state).toEqual((await patients.findById(ada.id)).state);
      expect(found.history).toEqual(ada.history);
    }
    expect(watched.taken()).toEqual([1, 2, 2]);
  }),

  "whoever is forgotten while newer values are opened is so in all of the entity": both(
    async (bench, method) => {
      const { Patient, keys, patients, forget } = await withPatients(bench, method);
      const ada = await patients.create({ email: "ada@example.com" });
      let meanwhile: (() => Promise<unknown>) | undefined;
      const interrupted = (entities: EntityStore<OpaqueTx>): EntityStore<OpaqueTx> => ({
        ...entities,
        load: async (...given) => {
          const found = await entities.load(...given);
          const next = meanwhile;
          meanwhile = undefined;
          await next?.();
          return found;
        },
      });
      const cached = createStoreRepository(
        Patient,
        {
          ...watchedReads(bench.store).store,
          entity: (plan) => interrupted(bench.store.entity(plan)),
        },
        { keys, cache: true },
      );
      await cached.findById(ada.id);
      ada.changeEmail("new@example.com");
      await patients.update(ada);
      meanwhile = () => forget(ada.id);
      const found = await cached.findById(ada.id);
      expect([found.state.name, found.state.email]).toEqual([forgotten, forgotten]);
    },
  ),
});
