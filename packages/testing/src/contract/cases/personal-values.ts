import {
  createStoreConsumer,
  createStoreRepository,
  DuplicateValueError,
  EntityNotFoundError,
  forgotten,
  isForgotten,
  type JsonObject,
  KeysRequiredError,
  localKeys,
  StoredEventError,
} from "@annals/core";
import { DataKeys, type EntityPlan, Vault } from "@annals/core/adapter";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "../bench.ts";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { type PatientInput, withPatients } from "../entities/patient.ts";
import { thrownBy } from "../thrown-by.ts";

const full: PatientInput = {
  email: "Marker-1@example.com",
  name: "marker-2",
  born: new Date("1815-12-10T00:00:00.000Z"),
  address: { kind: "street", street: "marker-3", zip: "10115" },
  relatives: [
    { of: "father", phone: "marker-4" },
    { of: "mother", phone: "marker-5" },
  ],
  notes: { first: "marker-6", second: "ünï\u2028 marker-7" },
};

/** Appends a second event as it is to be stored. */
const append = async (
  bench: Bench,
  plan: EntityPlan,
  id: string,
  body: JsonObject,
  tx: OpaqueTx | undefined,
): Promise<void> => {
  const event = { type: String(body.type), version: Number(body.v ?? 1), body };
  const columns = ["none", null, "a"];
  const write = { id, expectedVersion: 1, events: [event], columns, context: null };
  const { kind } = await bench.store.entity(plan).write(write, tx);
  expect(kind).toBe("written");
};

export const personalValues = contractGroup("personal values", {
  "come back as they were written, from every place of a schema": both(async (bench, method) => {
    const { patients } = await withPatients(bench, method);
    const ada = await patients.create(full);
    ada.changeEmail("new@example.com");
    ada.move("b");
    await patients.update(ada);
    const found = await patients.findById(ada.id);
    const { name, born, address, relatives, notes } = full;
    const state = { name, born, address, relatives, notes, email: "new@example.com", ward: "b" };
    expect(found.state).toEqual(state);
    const { items } = await patients.history(ada.id);
    expect(items.map(({ event }) => event)).toEqual(ada.history);
    const early = await patients.findById(ada.id, { asOf: { version: 1 } });
    expect(early.state.email).toBe(full.email);
  }),

  "are stored in no event and no column in the clear": both(async (bench, method) => {
    const { patients, Patient } = await withPatients(bench, method);
    const ada = await patients.create(full);
    const [stored] = await bench.store.entity(Patient.plan).load([ada.id], undefined);
    const text = JSON.stringify(stored);
    expect(text).not.toMatch(/marker|1815-12/i);
    expect(text).toMatch(/"ward":"a"/);
    expect(text).toMatch(/10115/);
    const plain = { kind: "compare", column: "email", operator: "=" } as const;
    const where = { ...plain, value: "marker-1@example.com" };
    expect(await bench.store.entity(Patient.plan).count(where, undefined, undefined)).toBe(0);
  }),

  "are found by equality, and are unique": both(async (bench, method) => {
    const { patients } = await withPatients(bench, method);
    const ada = await patients.create({ email: "Ada@example.com", name: "Ada" });
    const bob = await patients.create({ email: "bob@example.com", name: "Bob" });
    expect((await patients.findByEmail("ADA@example.com")).id).toBe(ada.id);
    expect(await patients.maybeFindByEmail("nobody@example.com")).toBeUndefined();
    const ids = async (where: Parameters<typeof patients.list>[0]) =>
      (await patients.list(where)).items.map(({ id }) => id);
    expect(await ids({ where: { name: "Bob" } })).toEqual([bob.id]);
    expect(await ids({ where: { name: { in: ["Ada", "Eve"] } } })).toEqual([ada.id]);
    expect(await ids({ where: { not: { name: "Bob" } } })).toEqual([ada.id]);
    expect(await patients.count({ where: { email: { eq: "ada@example.com" } } })).toBe(1);
    const taken = patients.create({ email: "ada@EXAMPLE.com" });
    const error = await thrownBy(taken, DuplicateValueError);
    expect(error.columns).toEqual(["email"]);
    bob.changeEmail("ada@example.com");
    await thrownBy(patients.update(bob), DuplicateValueError);
  }),

  "are in no error": both(async (bench, method) => {
    const { patients } = await withPatients(bench, method);
    await patients.create({ email: "marker@example.com" });
    const duplicate = await thrownBy(
      patients.create({ email: "marker@example.com" }),
      DuplicateValueError,
    );
    const missing = await thrownBy(patients.findByEmail("marker@b.example"), EntityNotFoundError);
    const invalid = await patients.create({ email: "marker" }).catch((error: unknown) => error);
    const nested = await patients
      .create({ email: "a@b.example", notes: { a: 7 as never } })
      .catch((error: unknown) => error);
    const all = [duplicate, missing, invalid, nested] as Error[];
    for (const error of all) {
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(/marker/);
      expect(error.cause === undefined ? "" : String(error.cause)).not.toMatch(/marker/);
    }
    expect(nested).toMatchObject({ code: "ANNALS_INVALID_EVENT" });
    expect((nested as Error).message).toMatch(/notes\.a: does not fit its schema \(invalid_type\)/);
  }),

  "are written and read in batches, with one request for keys": both(async (bench, method) => {
    const { patients, keys, Patient } = await withPatients(bench, method);
    const made = await patients.createAll(
      Array.from({ length: 20 }, (_, at) => ({ email: `p${at}@example.com`, name: `n${at}` })),
    );
    // One for the batch, and one for what columns are hashed with.
    expect(keys.asked.wrap).toBeLessThanOrEqual(2);
    for (const [at, one] of made.entries()) one.changeEmail(`p${(at + 1) % 20}@example.com`);
    await patients.updateAll(made);
    const fresh = createStoreRepository(Patient, bench.store, { keys });
    const before = keys.asked.unwrap;
    const found = await fresh.findAll(made.map(({ id }) => id));
    expect(keys.asked.unwrap - before).toBeLessThanOrEqual(1);
    for (const [at, { id }] of made.entries()) {
      expect(found.get(id)?.state).toMatchObject({
        email: `p${(at + 1) % 20}@example.com`,
        name: `n${at}`,
      });
    }
    const { items } = await fresh.list({ orderBy: "createdAt", first: 5 });
    expect(items.every(({ state }) => !isForgotten(state.email))).toBe(true);
  }),

  "take part in transactions": both(async (bench, method) => {
    const { patients, visits } = await withPatients(bench, method);
    const failed = bench.transaction(async (tx) => {
      const ada = await patients.create({ email: "ada@example.com" }, { tx });
      await visits.create({ patientId: ada.id, complaint: "tired" }, { tx });
      expect((await patients.findByEmail("ada@example.com", { tx })).id).toBe(ada.id);
      throw new Error("enough");
    });
    await expect(failed).rejects.toThrow("enough");
    const ada = await bench.transaction(async (tx) => {
      const made = await patients.create({ email: "ada@example.com" }, { tx });
      await visits.create({ patientId: made.id, complaint: "tired" }, { tx });
      return made;
    });
    expect((await patients.findByEmail("ada@example.com")).id).toBe(ada.id);
    const [visit] = (await visits.list({ where: { complaint: "tired" } })).items;
    expect(visit?.state).toEqual({ patientId: ada.id, complaint: "tired", done: false });
  }),

  "reach consumers, and topics of their own": both(async (bench, method) => {
    const { patients, visits, feed, keys, Patient, Visit, Feed } = await withPatients(
      bench,
      method,
    );
    const ada = await patients.create(full);
    await visits.create({ patientId: ada.id, complaint: "tired" });
    await feed.publish(
      { type: "Announced", patientId: ada.id, headline: "well again" },
      { key: ada.id },
    );
    expect((await feed.latest(ada.id))?.event).toMatchObject({ headline: "well again" });
    const seen: object[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Patient.name,
      topics: [Patient, Visit, Feed],
      keys,
      onEvent: (event) => void seen.push(event),
    });
    const before = keys.asked.unwrap;
    await consumer.catchUp();
    expect(keys.asked.unwrap - before).toBeLessThanOrEqual(1);
    expect(seen).toEqual([
      ...ada.history,
      { type: "VisitPlanned", patientId: ada.id, complaint: "tired" },
      { type: "Announced", patientId: ada.id, headline: "well again" },
    ]);
  }),

  "are read in old versions, by upcasters in the clear": both(async (bench, method) => {
    const { patients, Patient, keys, forget } = await withPatients(bench, method);
    const ada = await patients.create(full);
    const old = { type: "EmailChanged", mail: { $personal: "old@example.com" } };
    const place = { topic: Patient.name, id: ada.id, sequence: 2, type: old.type };
    await bench.transaction(async (tx) => {
      const vault = new Vault(new DataKeys(Patient.name, bench.store.subjects(), keys));
      const subject = `${Patient.name}/${ada.id}`;
      const given = { place, subject, isFresh: false, json: old };
      const [body = old] = await vault.seal(method, [given], [], tx);
      await append(bench, Patient.plan, ada.id, body, tx);
    });
    expect((await patients.findById(ada.id)).state.email).toBe("old@example.com");
    await forget(ada.id);
    const { items } = await patients.history(ada.id);
    expect(items[1]?.event).toEqual({ type: "EmailChanged", email: forgotten });
  }),

  "do not open in another place than theirs": async (bench) => {
    const { patients, Patient } = await withPatients(bench, "crypto-shredding");
    const ada = await patients.create({ email: "ada@example.com" });
    const [stored] = await bench.store.entity(Patient.plan).load([ada.id], undefined);
    const { email = null } = stored?.events[0] ?? {};
    await append(bench, Patient.plan, ada.id, { type: "EmailChanged", v: 2, email }, undefined);
    const error = await thrownBy(patients.findById(ada.id), StoredEventError);
    expect([error.id, error.sequence]).toEqual([ada.id, 2]);
    expect(error.message).toMatch(/email: is sealed, and its key does not open it here/);
  },

  "are not read with other keys, nor without any": async (bench) => {
    const { patients, Patient } = await withPatients(bench, "crypto-shredding");
    const ada = await patients.create(full);
    expect(() => createStoreRepository(Patient, bench.store)).toThrow(KeysRequiredError);
    const keys = localKeys({ current: "first", keys: { first: "B".repeat(43) } });
    const other = createStoreRepository(Patient, bench.store, { keys });
    await expect(other.findById(ada.id)).rejects.toMatchObject({
      code: "ANNALS_KEY_PROVIDER",
      retryable: true,
    });
  },

  "make a request the same only with the same values": both(async (bench, method) => {
    const { patients } = await withPatients(bench, method);
    const first = await patients.create({ email: "a@b.example" }, { idempotencyKey: "k" });
    const again = await patients.create({ email: "a@b.example" }, { idempotencyKey: "k" });
    expect(again.id).toBe(first.id);
    expect(again.state.email).toBe("a@b.example");
    await expect(
      patients.create({ email: "c@d.example" }, { idempotencyKey: "k" }),
    ).rejects.toMatchObject({ code: "ANNALS_IDEMPOTENCY_KEY_REUSED" });
  }),
});
