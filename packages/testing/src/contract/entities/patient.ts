import {
  createStoreErasure,
  createStoreRepository,
  defineEntity,
  defineTopic,
  type ErasureMethod,
  type Forgotten,
  jsonDate,
  type KeyProvider,
  localKeys,
  personal,
  type SnapshotOptions,
  upcast,
} from "@annals/core";
import * as z from "zod";
import type { Bench } from "../bench.ts";

/** A provider that counts what it is asked. */
export const countedKeys = (): KeyProvider & {
  readonly asked: { wrap: number; unwrap: number };
} => {
  const asked = { wrap: 0, unwrap: 0 };
  const keys = localKeys({ current: "first", keys: { first: "A".repeat(43) } });
  return {
    asked,
    currentKeyId: keys.currentKeyId,
    wrap: (given) => {
      asked.wrap += 1;
      return keys.wrap(given);
    },
    unwrap: (given) => {
      asked.unwrap += 1;
      return keys.unwrap(given);
    },
  };
};

const address = z.union([
  z.object({ kind: z.literal("street"), street: personal(z.string()), zip: z.string() }),
  z.object({ kind: z.literal("box"), number: z.int() }),
]);

const state = z.object({
  email: personal(z.email()),
  name: personal(z.string()),
  born: personal(jsonDate()).nullable(),
  ward: z.string(),
  address: address.optional(),
  relatives: z.array(z.object({ of: z.string(), phone: personal(z.string()) })),
  notes: z.record(z.string(), personal(z.string())),
});

export interface PatientInput {
  readonly email: string;
  readonly name?: string;
  readonly born?: Date;
  readonly ward?: string;
  readonly address?: z.output<typeof address>;
  readonly relatives?: { of: string; phone: string }[];
  readonly notes?: Record<string, string>;
}

/** Somebody with personal values in every place that a schema has. */
export const definePatient =
  (method: ErasureMethod, snapshot?: SnapshotOptions) => (name: string) =>
    defineEntity({
      name,
      ...(snapshot !== undefined && { snapshot }),
      schema: state,
      events: {
        PatientRegistered: state,
        EmailChanged: z.object({ email: personal(z.email()) }),
        WardChanged: z.object({ ward: z.string() }),
        PatientDischarged: z.object({}),
        PatientReturned: z.object({}),
        PatientForgotten: z.object({}),
      },
      versions: {
        EmailChanged: [
          upcast(z.object({ mail: personal(z.string()) }), ({ mail }) => ({ email: mail })),
        ],
      },
      erasure: { method, event: "PatientForgotten" },
      create: (input: PatientInput) => ({
        type: "PatientRegistered",
        name: "Ada",
        born: null,
        ward: "a",
        relatives: [],
        notes: {},
        ...input,
      }),
      evolve: {
        PatientRegistered: (_, { type: _type, ...registered }) => registered,
        EmailChanged: (before, { email }) => ({ ...before, email }),
        WardChanged: (before, { ward }) => ({ ...before, ward }),
        PatientDischarged: (before) => before,
        PatientReturned: (before) => before,
        PatientForgotten: (before) => ({ ...before, ward: "none" }),
      },
      commands: {
        changeEmail: (_, email: string | Forgotten) => ({ type: "EmailChanged", email }),
        move: (_, ward: string) => ({ type: "WardChanged", ward }),
      },
      index: {
        email: { unique: true, normalize: (email) => email.toLowerCase() },
        name: {},
        ward: {},
      },
      lifecycle: { delete: "PatientDischarged", restore: "PatientReturned" },
    });

/** Something about a patient that is not the patient. */
export const defineVisit =
  (method: ErasureMethod, kind: string, snapshot?: SnapshotOptions) => (name: string) =>
    defineEntity({
      name,
      ...(snapshot !== undefined && { snapshot }),
      schema: z.object({
        patientId: z.string(),
        complaint: personal(z.string()),
        done: z.boolean(),
      }),
      events: {
        VisitPlanned: z.object({ patientId: z.string(), complaint: personal(z.string()) }),
        VisitMoved: z.object({ patientId: z.string() }),
        VisitDone: z.object({}),
        VisitForgotten: z.object({}),
      },
      erasure: { method, event: "VisitForgotten", subject: { kind, field: "patientId" } },
      create: (input: { patientId: string; complaint: string }) => ({
        type: "VisitPlanned",
        ...input,
      }),
      evolve: {
        VisitPlanned: (_, { patientId, complaint }) => ({ patientId, complaint, done: false }),
        VisitMoved: (before, { patientId }) => ({ ...before, patientId }),
        VisitDone: (before) => ({ ...before, done: true }),
        VisitForgotten: (before) => before,
      },
      commands: {
        finish: () => ({ type: "VisitDone" }),
        moveTo: (_, patientId: string) => ({ type: "VisitMoved", patientId }),
      },
      index: { patientId: {}, complaint: {} },
    });

/** What others may read about patients. */
export const definePatientFeed = (method: ErasureMethod, kind: string) => (name: string) =>
  defineTopic({
    name,
    events: {
      Announced: z.object({ patientId: z.string(), headline: personal(z.string()) }),
      Silenced: z.object({ patientId: z.string() }),
    },
    erasure: { method, event: "Silenced", subject: { kind, field: "patientId" } },
    compaction: true,
  });

/** Patients, their visits, and what forgets them. */
export const withPatients = async (
  bench: Bench,
  method: ErasureMethod,
  snapshot?: SnapshotOptions,
) => {
  const keys = countedKeys();
  const Patient = await bench.define(definePatient(method, snapshot));
  const Visit = await bench.define(defineVisit(method, Patient.name, snapshot));
  const { definition: Feed, topic: feed } = await bench.topic(
    definePatientFeed(method, Patient.name),
    { keys },
  );
  const definitions = [Patient, Visit, Feed];
  return {
    ...{ keys, Patient, Visit, Feed, feed, definitions },
    patients: createStoreRepository(Patient, bench.store, { keys }),
    visits: createStoreRepository(Visit, bench.store, { keys }),
    erasure: createStoreErasure(bench.store, { definitions, keys }),
    forget: (id: string) =>
      createStoreErasure(bench.store, { definitions, keys }).forget(
        { kind: Patient.name, id },
        { reason: "request 1" },
      ),
  };
};
