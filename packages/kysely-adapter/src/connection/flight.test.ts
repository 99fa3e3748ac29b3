import { setImmediate as turn } from "node:timers/promises";
import { Kysely, PostgresDialect, sql } from "kysely";
import { expect, it } from "vitest";
import { annalsPool, type PgPool } from "./annals-pool.ts";
import { Database } from "./database.ts";
import type { Call } from "./flight.ts";
import { statement } from "./statement.ts";

const one = statement("one", "select 1 as one");
const two = statement("two", "select 2 as two");

/** Answers a turn later, and notes what happens in which order. */
const slowly = (pipeline: boolean | undefined, refused?: string) => {
  const notes: string[] = [];
  const client = {
    ...(pipeline !== undefined && { pipeline }),
    query: async (given: string | { text: string }) => {
      const text = typeof given === "string" ? given : given.text;
      notes.push(`${client.pipeline === true ? "piped" : "sent"} ${text}`);
      await turn();
      notes.push(`answered ${text}`);
      if (text === refused) throw new Error("refused");
      return { command: "SELECT", rowCount: 1, rows: [{ text }] };
    },
    release: () => {},
  };
  const pool = { connect: async () => client, end: async () => {} } as unknown as PgPool;
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  return { db, client, notes, database: new Database(db) };
};

const calls: readonly Call[] = [
  [one, []],
  [two, []],
];

const TEXTS = [one.sql, two.sql];
const ROWS = TEXTS.map((text) => [{ text }]);

it("sends all before the first is answered, with pipelining on for as long as that", async () => {
  const { db, client, notes, database } = slowly(false);
  await database.fly(calls);
  notes.length = 0;
  expect((await database.fly(calls)).map((rows) => [...rows])).toEqual(ROWS);
  expect(notes).toEqual([
    ...TEXTS.map((text) => `piped ${text}`),
    ...TEXTS.map((text) => `answered ${text}`),
  ]);
  expect(client.pipeline).toBe(false);
  await sql`select 3`.execute(db);
  expect(notes).toContain("sent select 3");
});

it("leaves a client as it is that pipelines anyway", async () => {
  const { client, database } = slowly(true);
  await database.fly(calls);
  await database.fly(calls);
  expect(client.pipeline).toBe(true);
});

it("waits for each answer where the client cannot pipeline", async () => {
  const { client, notes, database } = slowly(undefined);
  await database.fly(calls);
  notes.length = 0;
  expect((await database.fly(calls)).map((rows) => [...rows])).toEqual(ROWS);
  expect(notes).toEqual(TEXTS.flatMap((text) => [`sent ${text}`, `answered ${text}`]));
  expect(client).not.toHaveProperty("pipeline");
});

it("waits for all answers before it tells that one was refused", async () => {
  const { client, notes, database } = slowly(false, one.sql);
  await database.fly(calls.slice(1));
  notes.length = 0;
  await expect(database.fly(calls)).rejects.toThrow("refused");
  expect(notes.at(-1)).toBe(`answered ${two.sql}`);
  expect(client.pipeline).toBe(false);
});

it("runs them one by one on a pool of another kind", async () => {
  const { client, notes } = slowly(false);
  const pool = { connect: async () => client, end: async () => {} };
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: pool as never }) });
  expect(await new Database(db).fly(calls)).toEqual(ROWS);
  expect(notes).toEqual(TEXTS.flatMap((text) => [`sent ${text}`, `answered ${text}`]));
});
