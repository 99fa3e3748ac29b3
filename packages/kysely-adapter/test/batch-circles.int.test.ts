import { defineEntity, jsonBigInt, jsonDate, UniqueValueCycleError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { createRepository, entityMigration, transaction } from "../src/index.ts";
import { Locker } from "./database/locker.ts";
import { migrate, openDatabase } from "./database/open.ts";

// What stands in for a value while a circle is undone has to fit its column, whatever that is.

const database = await testDatabase({
  name: "locker",
  migrate: (connectionString) => migrate(connectionString, [Locker]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());
const lockers = createRepository(Locker, { db });

const prepared = async <Definition extends Parameters<typeof entityMigration>[0]>(
  definition: Definition,
) => {
  await entityMigration(definition).up(db as never);
  return createRepository(definition, { db });
};

let made = 0;

/** An entity with one unique column of each kind. */
const kinds = () => {
  made += 1;
  const fields = {
    text: z.string(),
    short: z.string(),
    code: z.string(),
    email: z.email(),
    uuid: z.uuid(),
    int: z.int32(),
    rank: z.int(),
    big: z.int(),
    double: z.number(),
    numeric: jsonBigInt(),
    at: jsonDate(),
    day: z.iso.date(),
    spare: z.enum(["one", "two", "three"]),
    none: z.string().nullable(),
  };
  return defineEntity({
    name: `kind${made}`,
    schema: z.object(fields),
    events: { Set: z.object(fields) },
    create: (input: z.output<z.ZodObject<typeof fields>>) => ({ type: "Set", ...input }),
    evolve: { Set: (_, { type: _type, ...state }) => state },
    commands: {
      take: (_, state: z.output<z.ZodObject<typeof fields>>) => ({ type: "Set", ...state }),
    },
    index: {
      text: { unique: true },
      short: { unique: true, type: "varchar(3)" },
      code: { unique: true, check: "code ~ '^[A-Z]{2}[0-9]{4}$'" },
      email: { unique: true, check: "email like '%_@example.com' and email = lower(email)" },
      uuid: { unique: true },
      int: { unique: true },
      rank: { unique: true, check: "rank between 1 and 40" },
      big: { unique: true },
      double: { unique: true, check: "double >= 0 and double < 1" },
      numeric: { unique: true, check: "numeric > 0" },
      at: { unique: true, check: "at > '2020-01-01' and at < '2030-01-01'" },
      day: { unique: true },
      spare: { unique: true },
      none: { unique: true },
    },
  });
};

const state = (nth: 1 | 2) => ({
  text: `text ${nth}`,
  short: `s${nth}`,
  code: `AB000${nth}`,
  email: `a${nth}@example.com`,
  uuid: `00000000-0000-4000-8000-00000000000${nth}`,
  int: nth,
  rank: nth,
  big: nth,
  double: nth / 10,
  numeric: BigInt(nth),
  at: new Date(`2025-01-0${nth}T00:00:00.000Z`),
  day: `2025-01-0${nth}`,
  spare: nth === 1 ? ("one" as const) : ("two" as const),
  none: `none ${nth}`,
});

const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a swap", () => {
  it.each(Object.keys(state(1)) as (keyof ReturnType<typeof state>)[])(
    "of a column of kind %s",
    async (property) => {
      const all = await prepared(kinds());
      const [one, other] = await all.createAll([state(1), state(2)]);
      if (one === undefined || other === undefined) throw new Error("nothing was created");
      one.take({ ...state(1), [property]: state(2)[property] });
      other.take({ ...state(2), [property]: state(1)[property] });
      expect(await all.updateAll([one, other])).toBe(2);
      expect((await all.findById(one.id)).state).toEqual(one.state);
      expect((await all.findById(other.id)).state).toEqual(other.state);
    },
  );

  it("of everything at once", async () => {
    const all = await prepared(kinds());
    const [one, other] = await all.createAll([state(1), state(2)]);
    if (one === undefined || other === undefined) throw new Error("nothing was created");
    one.take(state(2));
    other.take(state(1));
    expect(await all.updateAll([one, other])).toBe(2);
    expect((await all.findByText("text 2")).id).toBe(one.id);
    expect((await all.findByRank(1)).id).toBe(other.id);
  });
});

const post = {
  schema: z.object({ side: z.enum(["left", "right"]), team: z.string() }),
  events: { Posted: z.object({ side: z.enum(["left", "right"]), team: z.string() }) },
};

type Side = "left" | "right";

const newName = () => {
  made += 1;
  return `post${made}`;
};

/** Every value of the unique column is soon in use. */
const onePerSide = () =>
  defineEntity({
    ...post,
    name: newName(),
    create: (input: { side: Side; team: string }) => ({ type: "Posted", ...input }),
    evolve: { Posted: (_, { side, team }) => ({ side, team }) },
    commands: { post: ({ state: { team } }, side: Side) => ({ type: "Posted", side, team }) },
    index: { side: { unique: true }, team: {} },
  });

const onePerTeamAndSide = () =>
  defineEntity({
    ...post,
    name: newName(),
    create: (input: { side: Side; team: string }) => ({ type: "Posted", ...input }),
    evolve: { Posted: (_, { side, team }) => ({ side, team }) },
    commands: { post: ({ state: { team } }, side: Side) => ({ type: "Posted", side, team }) },
    index: { side: {}, team: {} },
    uniqueTogether: [["team", "side"]],
  });

/** The same in a team for good. */
const onePerFixedTeamAndSide = () =>
  defineEntity({
    ...post,
    name: newName(),
    create: (input: { side: Side; team: string }) => ({ type: "Posted", ...input }),
    evolve: { Posted: (_, { side, team }) => ({ side, team }) },
    commands: { post: ({ state: { team } }, side: Side) => ({ type: "Posted", side, team }) },
    index: { side: {}, team: { immutable: true } },
    uniqueTogether: [["team", "side"]],
  });

describe("where nothing can stand in", () => {
  it("a swap is a clear error, and leaves nothing behind", async () => {
    const posts = await prepared(onePerSide());
    const [one, other] = await posts.createAll([
      { side: "left", team: "a" },
      { side: "right", team: "b" },
    ]);
    if (one === undefined || other === undefined) throw new Error("nothing was created");
    one.post("right");
    other.post("left");
    const error = await thrownBy(posts.updateAll([one, other]));
    expect(error).toBeInstanceOf(UniqueValueCycleError);
    expect(error).toMatchObject({ code: "ANNALS_UNIQUE_VALUE_CYCLE", columns: ["side"] });
    expect((await posts.findBySide("left")).id).toBe(one.id);
    expect([one.version, one.pending.length]).toEqual([1, 1]);
    await transaction(db, async (tx) => {
      expect(await thrownBy(posts.updateAll([one, other], { tx }))).toBeInstanceOf(
        UniqueValueCycleError,
      );
      // Nothing failed in the database, so the transaction goes on.
      expect((await posts.findBySide("left", { tx })).id).toBe(one.id);
    });
  });

  it("a composite gives way in the column that can", async () => {
    const posts = await prepared(onePerTeamAndSide());
    const [one, other] = await posts.createAll([
      { side: "left", team: "a" },
      { side: "right", team: "a" },
    ]);
    if (one === undefined || other === undefined) throw new Error("nothing was created");
    one.post("right");
    other.post("left");
    expect(await posts.updateAll([one, other])).toBe(2);
    expect((await posts.findByTeamAndSide({ team: "a", side: "right" })).id).toBe(one.id);
    expect((await posts.findByTeamAndSide({ team: "a", side: "left" })).id).toBe(other.id);
  });

  it("a column that keeps its value never gives way", async () => {
    const posts = await prepared(onePerFixedTeamAndSide());
    const [one, other] = await posts.createAll([
      { side: "left", team: "a" },
      { side: "right", team: "a" },
    ]);
    if (one === undefined || other === undefined) throw new Error("nothing was created");
    one.post("right");
    other.post("left");
    const error = await thrownBy(posts.updateAll([one, other]));
    expect(error).toMatchObject({ code: "ANNALS_UNIQUE_VALUE_CYCLE", columns: ["team", "side"] });
    expect((await posts.findByTeamAndSide({ team: "a", side: "left" })).id).toBe(one.id);
  });
});

describe("a circle in a transaction of the caller's", () => {
  it("puts the bound on lock waits back, and shows nobody what stands in", async () => {
    const [one, other] = await lockers.createAll([
      { hall: "x", number: 1, label: "X-1", key: null },
      { hall: "x", number: 2, label: "X-2", key: null },
    ]);
    if (one === undefined || other === undefined) throw new Error("nothing was created");
    one.change({ number: 2, label: "X-2" });
    other.change({ number: 1, label: "X-1" });
    await transaction(db, async (tx) => {
      await sql`set local lock_timeout = '4321ms'`.execute(tx);
      expect(await lockers.updateAll([one, other], { tx })).toBe(2);
      const { rows } = await sql<{ lock_timeout: string }>`show lock_timeout`.execute(tx);
      expect(rows[0]?.lock_timeout).toBe("4321ms");
      const outside = await sql<{ label: string; version: number }>`
        select label, version from lockers where hall = 'x' order by label`.execute(db);
      expect(outside.rows).toEqual([
        { label: "X-1", version: 1 },
        { label: "X-2", version: 1 },
      ]);
    });
    expect((await lockers.findByLabel("X-1")).id).toBe(other.id);
  });
});
