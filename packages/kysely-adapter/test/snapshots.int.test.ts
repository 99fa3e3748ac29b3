import { ConcurrentModificationError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import {
  checkSchema,
  createRepository,
  exportHistories,
  importHistories,
  rebuild,
  verify,
} from "../src/index.ts";
import { Diary, defineDiary } from "./database/diary.ts";
import { migrate, openDatabase } from "./database/open.ts";

const EVERY = 5;

const database = await testDatabase({
  name: "diaries",
  migrate: (connectionString) => migrate(connectionString, [Diary]),
});
const db = openDatabase(database.connectionString);
const diaries = createRepository(Diary, { db });
const others: ReturnType<typeof openDatabase>[] = [];
afterAll(() => Promise.all([db, ...others].map((one) => one.destroy())));

/** The same tables, as code of another age sees them, in a process of its own. */
const elsewhere = (definition: typeof Diary) => {
  const other = openDatabase(database.connectionString);
  others.push(other);
  return { db: other, diaries: createRepository(definition, { db: other }) };
};

let made = 0;
const owner = (): string => {
  made += 1;
  return `owner ${made}`;
};

const snapshotsOf = async (id: string) => {
  const { rows } = await sql<{ fingerprint: string; version: number; text: string }>`
    select fingerprint, version, snapshot -> 'state' ->> 'text' as text
    from diary_snapshots where id = ${id} order by version`.execute(db);
  return rows;
};
const versionsOf = async (id: string) => (await snapshotsOf(id)).map(({ version }) => version);

const noted = async (repository: typeof diaries, id: string, text: string): Promise<void> => {
  await repository.transact(id, (diary) => diary.note(text), { attempts: 20 });
};

beforeEach(async () => {
  await sql`truncate diary_snapshots`.execute(db);
});

describe("snapshots on PostgreSQL", () => {
  it("have a table that is checked like the others", async () => {
    expect(await checkSchema(db, [Diary])).toEqual([]);
    await sql`alter table diary_snapshots drop column taken_at`.execute(db);
    expect(await checkSchema(db, [Diary])).toMatchObject([
      { entity: "diary", object: "column diary_snapshots.taken_at", problem: "It is missing." },
    ]);
    await sql`alter table diary_snapshots add taken_at timestamptz(3) not null`.execute(db);
    expect(await checkSchema(db, [Diary])).toEqual([]);
  });

  it("may be taken away at any time", async () => {
    const diary = await diaries.create(owner());
    diary.note("a", "b", "c", "d");
    await diaries.update(diary);
    expect(await versionsOf(diary.id)).toEqual([EVERY]);
    await sql`truncate diary_snapshots`.execute(db);
    expect((await diaries.findById(diary.id)).state).toEqual(diary.state);
    await noted(diaries, diary.id, "e");
    expect(await versionsOf(diary.id)).toEqual([6]);
  });

  it("of a version that the entity is not at are none", async () => {
    const diary = await diaries.create(owner());
    diary.note("a", "b", "c", "d", "e");
    await diaries.update(diary);
    await sql`update diary_snapshots set version = 99 where id = ${diary.id}`.execute(db);
    const found = await diaries.findById(diary.id);
    expect(found.state).toEqual(diary.state);
    found.note("f");
    await diaries.update(found);
    expect(await versionsOf(diary.id)).toEqual([7]);
  });

  it("stay right beside writers in SQL", async () => {
    const diary = await diaries.create(owner());
    diary.note("a", "b", "c", "d");
    await diaries.update(diary);
    const events = JSON.stringify([
      { type: "Noted", text: "sql", day: "2026-01-01T00:00:00.000Z" },
    ]);
    const columns = JSON.stringify({ day: "2026-01-01T00:00:00.000Z" });
    await sql`select diary_append(${diary.id}, 5, ${events}::jsonb, ${columns}::jsonb)`.execute(db);
    expect(await versionsOf(diary.id)).toEqual([EVERY]);
    expect((await diaries.findById(diary.id)).state.text).toBe("a, b, c, d, sql");
    expect(await verify(db, Diary)).toMatchObject({ differing: 0 });
  });

  it("are written once when several writers reach one at the same time", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await diaries.create(owner());
      await diaries.transact(id, (diary) => diary.note("a", "b", "c"));
      const copies = await Promise.all(Array.from({ length: 6 }, () => diaries.findById(id)));
      const outcomes = await Promise.allSettled(
        copies.map((copy, at) => {
          copy.note(`writer ${at}`);
          return diaries.update(copy);
        }),
      );
      const lost = outcomes.filter(({ status }) => status === "rejected");
      expect(lost).toHaveLength(5);
      for (const { reason } of lost as PromiseRejectedResult[]) {
        expect(reason).toBeInstanceOf(ConcurrentModificationError);
      }
      const [kept, ...more] = await snapshotsOf(id);
      expect(more).toEqual([]);
      const { state } = await diaries.findById(id, { history: true });
      expect(kept).toMatchObject({ version: EVERY, text: state.text });
    }
    expect(await verify(db, Diary)).toMatchObject({ differing: 0 });
  });

  it("are right whatever many writers do at once, singly and in batches", async () => {
    const ids = (await diaries.createAll(Array.from({ length: 4 }, owner))).map(({ id }) => id);
    const write = async (seed: number) => {
      for (let turn = 0; turn < 12; turn += 1) {
        const id = ids[(seed + turn) % ids.length] as string;
        if (turn % 3 === 0) {
          const found = [...(await diaries.findAll(ids)).values()];
          for (const diary of found) diary.note(`${seed}.${turn}`);
          await diaries.updateAll(found).catch((error: unknown) => {
            expect(error).toBeInstanceOf(ConcurrentModificationError);
          });
        } else await noted(diaries, id, `${seed}.${turn}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, seed) => write(seed)));
    for (const id of ids) {
      const [short, long] = [
        await diaries.findById(id),
        await diaries.findById(id, { history: true }),
      ];
      expect(short.state).toEqual(long.state);
      const [version = 0] = await versionsOf(id);
      expect(short.version - version).toBeLessThan(EVERY);
    }
    expect(await verify(db, Diary)).toMatchObject({ differing: 0 });
  });
});

describe("snapshots of code that is older or newer", () => {
  const Newer = defineDiary({ every: EVERY, version: 2 }, "; ");

  it("are ignored, and replaced once nobody keeps them any more", async () => {
    const young = elsewhere(Newer);
    const { id } = await diaries.create(owner());
    await diaries.transact(id, (diary) => diary.note("a", "b", "c", "d"));
    const [first] = await snapshotsOf(id);
    expect((await young.diaries.findById(id)).state.text).toBe("a; b; c; d");
    // The first write of the new code keeps its own beside the old one.
    await noted(young.diaries as typeof diaries, id, "e");
    expect(await snapshotsOf(id)).toMatchObject([
      { version: 5, text: "a, b, c, d", fingerprint: first?.fingerprint },
      { version: 6, text: "a; b; c; d; e" },
    ]);
    const more = [..."fghijklmno"];
    for (const text of more) await noted(young.diaries as typeof diaries, id, text);
    expect(await snapshotsOf(id)).toMatchObject([
      { version: 16, text: ["a; b; c; d; e", ...more].join("; ") },
    ]);
  });

  it("are kept side by side while both are in use, without either undoing the other's", async () => {
    const young = elsewhere(Newer);
    const { id } = await diaries.create(owner());
    let written = 0;
    let before = JSON.stringify(await snapshotsOf(id));
    for (let turn = 0; turn < 40; turn += 1) {
      await noted(turn % 2 === 0 ? diaries : (young.diaries as typeof diaries), id, `${turn}`);
      const after = JSON.stringify(await snapshotsOf(id));
      if (after !== before) written += 1;
      before = after;
    }
    // Each keeps one for every five events, though each writes but every other event.
    expect(written).toBeLessThanOrEqual(2 * Math.ceil(41 / EVERY));
    const kept = await snapshotsOf(id);
    expect(kept).toHaveLength(2);
    for (const { version } of kept) expect(41 - version).toBeLessThanOrEqual(EVERY + 1);
    const texts = Array.from({ length: 40 }, (_, turn) => `${turn}`);
    expect((await diaries.findById(id)).state.text).toBe(texts.join(", "));
    expect((await young.diaries.findById(id)).state.text).toBe(texts.join("; "));
  });

  it("are told apart by the schemas of states and events as well", () => {
    const bases = [
      Diary,
      defineDiary({ every: EVERY, version: 1 }),
      defineDiary({ every: 7 }),
      Newer,
    ].map(({ plan }) => plan.snapshot?.basis);
    expect(new Set(bases.slice(0, 3)).size).toBe(1);
    expect(new Set(bases).size).toBe(2);
  });
});

describe("verify and rebuild", () => {
  it("find snapshots that are not what the events say, and drop them", async () => {
    const ids: string[] = [];
    for (let at = 0; at < 7; at += 1) {
      const { id } = await diaries.create(owner());
      await diaries.transact(id, (diary) => diary.note("a", "b", "c", "d", "e"));
      ids.push(id);
    }
    const shut = await diaries.findById(ids[0] as string);
    await diaries.delete(shut);
    expect(await verify(db, Diary, { batchSize: 3 })).toMatchObject({ differing: 0 });
    const [changed, deleted, ahead] = ids.slice(1);
    await sql`update diary_snapshots set snapshot = jsonb_set(snapshot, '{state,text}', '"forged"')
      where id = ${changed}`.execute(db);
    await sql`update diary_snapshots set snapshot = snapshot || '{"deletedBy": 2}' where id = ${deleted}`.execute(
      db,
    );
    await sql`update diary_snapshots set version = 50 where id = ${ahead}`.execute(db);
    const found = await verify(db, Diary, { batchSize: 3 });
    expect(found.differing).toBe(3);
    expect(new Set(found.differences.map(({ id }) => id))).toEqual(
      new Set([changed, deleted, ahead]),
    );
    expect(found.differences.find(({ id }) => id === changed)).toEqual({
      ...{ id: changed, columns: [] },
      problem: "its snapshot at version 6 is not what its events say",
    });
    expect((await diaries.findById(changed as string)).state.text).toBe("forged");
    expect(await rebuild(db, Diary, { batchSize: 3 })).toMatchObject({
      ...{ repaired: 0, droppedSnapshots: 3, finished: true },
    });
    expect((await diaries.findById(changed as string)).state.text).toBe("a, b, c, d, e");
    expect(await verify(db, Diary)).toMatchObject({ differing: 0 });
    expect(await versionsOf(ids[5] as string)).toEqual([6]);
  });

  it("find what a reducer folds otherwise while the definition says the same", async () => {
    const { id } = await diaries.create(owner());
    await diaries.transact(id, (diary) => diary.note("a", "b", "c", "d"));
    const Forgetful = defineDiary({ every: EVERY }, "; ");
    const careless = elsewhere(Forgetful);
    expect((await careless.diaries.findById(id)).state.text).toBe("a, b, c, d");
    const found = await verify(careless.db, Forgetful);
    expect(found.differences).toContainEqual({
      ...{ id, columns: [] },
      problem: "its snapshot at version 5 is not what its events say",
    });
    await rebuild(careless.db, Forgetful);
    expect((await careless.diaries.findById(id)).state.text).toBe("a; b; c; d");
  });
});

describe("export and import", () => {
  it("take histories alone, and begin to keep states with the next write", async () => {
    const { id } = await diaries.create(owner());
    await diaries.transact(id, (diary) => diary.note("a", "b", "c", "d", "e"));
    const lines: string[] = [];
    for await (const batch of exportHistories(db, Diary)) lines.push(...batch);
    await sql`alter table diary_events disable trigger user`.execute(db);
    await sql`truncate diaries cascade`.execute(db);
    await sql`alter table diary_events enable trigger user`.execute(db);
    expect(await versionsOf(id)).toEqual([]);
    expect(await importHistories(db, [Diary], lines)).toMatchObject({ refused: 0 });
    expect(await versionsOf(id)).toEqual([]);
    expect((await diaries.findById(id)).state.text).toBe("a, b, c, d, e");
    await noted(diaries, id, "f");
    expect(await versionsOf(id)).toEqual([7]);
  });
});
