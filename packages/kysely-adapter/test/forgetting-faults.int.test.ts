import { setTimeout as pause } from "node:timers/promises";
import {
  defineEntity,
  isForgotten,
  LockTimeoutError,
  localKeys,
  OutcomeUnknownError,
  personal,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { annalsPool, createErasure, createRepository, transaction, verify } from "../src/index.ts";
import { migrate } from "./database/open.ts";

// Somebody is forgotten while everything about them is being written, and while connections are cut.

const Visit = defineEntity({
  name: "visit",
  schema: z.object({ patientId: z.string(), complaint: personal(z.string()), notes: z.int() }),
  events: {
    VisitPlanned: z.object({ patientId: z.string(), complaint: personal(z.string()) }),
    Noted: z.object({}),
    VisitForgotten: z.object({}),
  },
  erasure: {
    method: "crypto-shredding",
    event: "VisitForgotten",
    subject: { kind: "patient", field: "patientId" },
  },
  create: (input: { patientId: string; complaint: string }) => ({ type: "VisitPlanned", ...input }),
  evolve: {
    VisitPlanned: (_, { patientId, complaint }) => ({ patientId, complaint, notes: 0 }),
    Noted: (state) => ({ ...state, notes: state.notes + 1 }),
    VisitForgotten: (state) => state,
  },
  commands: { note: () => ({ type: "Noted" }) },
  index: { patientId: {}, complaint: {} },
});

const VISITS = 40;
const keys = localKeys({ current: "one", keys: { one: "K".repeat(43) } });
const database = await testDatabase({
  name: "forgetting-faults",
  migrate: (connectionString) => migrate(connectionString, [Visit]),
});

const open = (name: string) => {
  const { connectionString } = database;
  const pool = new pg.Pool({ connectionString, max: 4, application_name: name });
  pool.on("error", () => {});
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
};

const db = open("writers");
const cut = open("forgetting");
const visits = createRepository(Visit, { db, keys });
const other = new pg.Client(database.connectionString);
await other.connect();
afterAll(async () => {
  await other.end();
  await cut.destroy();
  await db.destroy();
});

describe("forgetting somebody", () => {
  it("comes to its end beside busy writers, however often its connections are cut", async () => {
    const ids: string[] = [];
    for (let at = 0; at < VISITS; at += 1) {
      ids.push((await visits.create({ patientId: "p-1", complaint: `marker-${at}` })).id);
    }
    let isDone = false;
    const notes = new Map(ids.map((id) => [id, 0]));
    const write = async (from: number): Promise<void> => {
      for (let at = from; !isDone; at = (at + 1) % VISITS) {
        const id = ids[at] as string;
        await visits.transact(id, (visit) => visit.note());
        notes.set(id, (notes.get(id) ?? 0) + 1);
      }
    };
    const kill = async (): Promise<void> => {
      for (let times = 0; !isDone && times < 30; times += 1) {
        await other.query(
          `select pg_terminate_backend(pid, 5000) from pg_stat_activity
           where application_name = 'forgetting' and state <> 'idle'`,
        );
        await pause(5);
      }
    };
    const erasure = createErasure(cut, { definitions: [Visit], keys });
    const subject = { kind: "patient", id: "p-1" };
    const forget = async (): Promise<number> => {
      for (let attempts = 1; ; attempts += 1) {
        try {
          await erasure.forget(subject, { reason: "request 1" });
          return attempts;
        } catch (error) {
          // A cut connection, or a race that was lost twenty times; the same call goes on.
          expect(error).toMatchObject({ code: expect.stringMatching(/^ANNALS_/) });
        }
      }
    };
    const writers = [0, 10, 20, 30].map(write);
    const killing = kill();
    try {
      expect(await forget()).toBeGreaterThanOrEqual(1);
    } finally {
      isDone = true;
      await Promise.all([...writers, killing]);
    }
    const values = Array.from({ length: VISITS }, (_, at) => `marker-${at}`);
    expect(await erasure.verifyForgotten(subject, { values })).toEqual({
      isForgotten: true,
      remnants: [],
    });
    const found = await visits.findAll(ids);
    for (const [id, { state, history }] of found) {
      expect(isForgotten(state.complaint)).toBe(true);
      expect(state.notes).toBe(notes.get(id));
      expect(history.filter(({ type }) => type === "VisitForgotten")).toHaveLength(1);
    }
    expect(await verify(db, Visit, { keys })).toMatchObject({ checked: VISITS, differing: 0 });
  });

  it("is stopped by a process that dies between entities, and finished by another", async () => {
    const { id } = await visits.create({ patientId: "p-2", complaint: "marker" });
    await other.query("begin");
    await other.query("select from visits where id = $1 for update", [id]);
    const erasure = createErasure(cut, { definitions: [Visit], keys });
    const subject = { kind: "patient", id: "p-2" };
    const killed = async (): Promise<number | null> => {
      const found = await other.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
         where application_name = 'forgetting' and wait_event_type = 'Lock'`,
      );
      return found.rowCount;
    };
    // The wait is bounded: on a slow machine it can end before anybody saw it.
    const died = async (): Promise<unknown> => {
      for (;;) {
        const dying = erasure
          .forget(subject, { reason: "request 2" })
          .catch((error: unknown) => error);
        let end: unknown;
        void dying.then((error) => {
          end = error;
        });
        while (end === undefined && (await killed()) === 0);
        if (!((await dying) instanceof LockTimeoutError)) return dying;
      }
    };
    expect(await died()).toBeInstanceOf(OutcomeUnknownError);
    await other.query("rollback");
    // It is nobody's any more already; what is left is to say so.
    expect(isForgotten((await visits.findById(id)).state.complaint)).toBe(true);
    expect((await visits.findById(id)).version).toBe(1);
    const there = createErasure(db, { definitions: [Visit], keys });
    expect(await there.forget(subject, { reason: "request 2" })).toMatchObject({ entities: 1 });
    expect((await visits.findById(id)).version).toBe(2);
    const late = transaction(db, (tx) =>
      visits.create({ patientId: "p-2", complaint: "marker" }, { tx }),
    );
    await expect(late).rejects.toMatchObject({ code: "ANNALS_SUBJECT_FORGOTTEN" });
  });
});
