import {
  ConcurrentModificationError,
  DuplicateValueError,
  type EntityOf,
  LockTimeoutError,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Locker, type LockerInput } from "./database/locker.ts";
import { migrate, openDatabase } from "./database/open.ts";

const database = await testDatabase({
  name: "locker",
  migrate: (connectionString) => migrate(connectionString, [Locker]),
});
const db = openDatabase(database.connectionString);
const lockers = createRepository(Locker, { db });
// Another session, for locks and values of somebody who takes his time.
const rival = new pg.Client(database.connectionString);
await rival.connect();
afterAll(async () => {
  await rival.end();
  await db.destroy();
});
afterEach(() => rival.query("rollback"));

type LockerEntity = EntityOf<typeof Locker>;

let count = 0;
const inputs = (many: number): LockerInput[] =>
  Array.from({ length: many }, () => {
    count += 1;
    return { hall: "h", number: count, label: `L-${count}`, key: null };
  });

const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, key: Math.random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);

/** Waits until somebody waits for a lock of the rival's. */
const untilBlocked = async (): Promise<void> => {
  for (;;) {
    const { rows } = await sql<{ blocked: boolean }>`
      select exists (
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
      ) as blocked`.execute(db);
    if (rows[0]?.blocked) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe("overlapping batches", () => {
  it("lose no update, never deadlock, and each is written whole or not", async () => {
    const ids = (await lockers.createAll(inputs(24))).map(({ id }) => id);
    let written = 0;
    const seen = new Set<string>();
    const work = async () => {
      for (let turn = 0; turn < 12; turn += 1) {
        const found = await lockers.findAll(shuffled(ids).slice(0, 8));
        const batch = shuffled([...found.values()]);
        // Every other batch deals the keys of its members anew among them.
        const keys = shuffled(batch.map(({ state }) => state.key ?? `key of ${state.number}`));
        for (const [at, one] of batch.entries()) {
          one.change(turn % 2 === 0 ? { hall: `h ${Math.random()}` } : { key: keys[at] as string });
        }
        const pending = batch.filter((one) => one.pending.length > 0).length;
        const error = await thrownBy(lockers.updateAll(batch));
        if (error === undefined) written += pending;
        else seen.add((error as Error).name);
      }
    };
    await Promise.all(Array.from({ length: 6 }, work));
    const { rows } = await sql<{ events: number }>`
      select sum(version - 1)::int as events from lockers where id = any (${ids})`.execute(db);
    expect(rows[0]?.events).toBe(written);
    expect(written).toBeGreaterThan(0);
    // Keys are dealt on what was read; who lost the race may also find a key taken.
    for (const name of seen) {
      expect([ConcurrentModificationError.name, DuplicateValueError.name]).toContain(name);
    }
    const after = await lockers.findAll(ids);
    for (const { version, history } of after.values()) expect(history).toHaveLength(version);
  });

  it("of new entities with the same values, given in opposite orders, one is written", async () => {
    const some = inputs(40);
    const ends = await Promise.all([
      thrownBy(lockers.createAll(some)),
      thrownBy(lockers.createAll(some.toReversed())),
      thrownBy(lockers.createAll(shuffled(some))),
    ]);
    expect(ends.filter((end) => end === undefined)).toHaveLength(1);
    for (const end of ends) {
      if (end === undefined) continue;
      expect(end).toBeInstanceOf(DuplicateValueError);
      expect((end as DuplicateValueError).batchIndex).toBeTypeOf("number");
    }
    expect(await lockers.count({ where: { number: { in: some.map((one) => one.number) } } })).toBe(
      40,
    );
  });
});

describe("a batch that meets a transaction which takes its time", () => {
  const blockedBatch = async () => {
    const made = await lockers.createAll(inputs(3));
    for (const one of made) one.change({ hall: "elsewhere" });
    return made;
  };

  it("waits no longer than its bound, and holds up no consumer while it waits", async () => {
    const made = await blockedBatch();
    const patient = createRepository(Locker, { db, lockTimeoutMs: 400 });
    await rival.query("begin");
    await rival.query("select from lockers where id = $1 for update", [made[1]?.id]);
    const batch = (await patient.findAll(made.map(({ id }) => id))).values();
    const entities = [...batch];
    for (const one of entities) one.change({ hall: "late" });
    const writing = thrownBy(patient.updateAll(entities));
    await untilBlocked();
    const { rows } = await sql<{ held: number }>`
      select count(*)::int as held from pg_locks
      where relation = 'locker_events'::regclass and mode = 'RowExclusiveLock'`.execute(db);
    expect(rows[0]?.held).toBe(0);
    expect(await writing).toBeInstanceOf(LockTimeoutError);
    for (const one of entities) {
      expect([one.version, one.pending.length]).toEqual([1, 1]);
      expect((await lockers.findById(one.id)).version).toBe(1);
    }
    await rival.query("rollback");
    expect(await patient.updateAll(entities)).toBe(3);
  });

  /** The rival takes a label, and commits when a batch waits for it. */
  const whileTaken = async (label: string, batch: () => Promise<unknown>) => {
    const [taker] = await lockers.createAll(inputs(1));
    await rival.query("begin");
    await rival.query("update lockers set label = $1 where id = $2", [label, taker?.id]);
    const writing = thrownBy(batch());
    await untilBlocked();
    await rival.query("commit");
    return writing;
  };

  it("names who loses a value, when it is taken at that very moment", async () => {
    const some = inputs(4);
    const error = await whileTaken(some[2]?.label as string, () => lockers.createAll(some));
    expect(error).toBeInstanceOf(DuplicateValueError);
    expect(error).toMatchObject({ batchIndex: 2, columns: ["label"], values: [some[2]?.label] });

    const made = await lockers.createAll(inputs(4));
    const [taken] = inputs(1);
    for (const one of made)
      one.change({ key: `k ${one.state.number}`, label: `M-${one.state.number}` });
    made[3]?.change({ label: taken?.label as string });
    const late = await whileTaken(taken?.label as string, () => lockers.updateAll(made));
    expect(late).toMatchObject({
      id: made[3]?.id,
      batchIndex: 3,
      columns: ["label"],
      values: [taken?.label],
    });
    expect(made.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
  });

  it("names in a lost transaction whom it can, and the columns always", async () => {
    const several = inputs(3);
    const error = await whileTaken(several[1]?.label as string, () =>
      transaction(db, (tx) => lockers.createAll(several, { tx })),
    );
    expect(error).toBeInstanceOf(DuplicateValueError);
    expect(error).toMatchObject({ columns: ["label"], id: undefined, batchIndex: undefined });

    const made: readonly LockerEntity[] = await lockers.createAll(inputs(3));
    const [taken] = inputs(1);
    for (const one of made) one.change({ hall: "other" });
    made[1]?.change({ label: taken?.label as string });
    const only = await whileTaken(taken?.label as string, () =>
      transaction(db, (tx) => lockers.updateAll(made, { tx })),
    );
    expect(only).toMatchObject({ id: made[1]?.id, batchIndex: 1, values: [taken?.label] });
    expect(made.map(({ version }) => version)).toEqual([1, 1, 1]);
  });
});

describe("a stricter isolation level", () => {
  it("loses the whole transaction to a race, which can be repeated", async () => {
    const made = await lockers.createAll(inputs(2));
    const id = made[0]?.id as string;
    for (const one of made) one.change({ hall: "serial" });
    const lost = await thrownBy(
      transaction(
        db,
        async (tx) => {
          await lockers.count({ tx });
          const other = await lockers.findById(id, { tx: "none" });
          other.change({ hall: "first" });
          await lockers.update(other, { tx: "none" });
          await lockers.updateAll(made, { tx });
        },
        { isolationLevel: "repeatable read" },
      ),
    );
    expect(lost).toMatchObject({ code: "ANNALS_DATABASE", sqlstate: "40001", retryable: true });
    expect(made.map(({ version }) => version)).toEqual([1, 1]);
  });
});

describe("size", () => {
  it("is not bounded: 10,000 entities, and all their values moved", {
    timeout: 240_000,
  }, async () => {
    const many = inputs(10_000);
    const made = await lockers.createAll(many);
    for (const [at, one] of made.entries()) one.change({ number: many[at ^ 1]?.number as number });
    expect(await lockers.updateAll(made)).toBe(10_000);
    const { rows } = await sql<{ wrong: number }>`
      select count(*) filter (where version <> 2)::int as wrong from lockers
      where number = any (${many.map((one) => one.number)})`.execute(db);
    expect(rows[0]?.wrong).toBe(0);
  });
});
