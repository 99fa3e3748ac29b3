import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository } from "../src/index.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { loadEntities, loadEntity } from "../src/statements/load-entities.ts";
import { writeEntity } from "../src/statements/write-entity.ts";
import { Diary } from "./database/diary.ts";
import { genericPlan } from "./database/generic-plan.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";

const database = await testDatabase({
  name: "diaries",
  migrate: (connectionString) => migrate(connectionString, [Diary]),
});
const db = openDatabase(database.connectionString);
const diaries = createRepository(Diary, { db });
afterAll(() => db.destroy());

let made = 0;
const owner = (): string => {
  made += 1;
  return `owner ${made}`;
};

const versionsOf = async (id: string) => {
  const { rows } = await sql<{ version: number }>`
    select version from diary_snapshots where id = ${id} order by version`.execute(db);
  return rows.map(({ version }) => version);
};

describe("what snapshots take", () => {
  it("is no further round trip, whether one is written, read or counted from", async () => {
    const proxy = await CountingProxy.open(database.connectionString);
    const near = openDatabase(proxy.connectionString);
    const counted = createRepository(Diary, { db: near });
    try {
      const { id } = await counted.create(owner());
      const calls: readonly (() => Promise<unknown>)[] = [
        () => counted.findById(id),
        () => counted.findById(id, { history: true }),
        () => counted.findAll([id]),
        () => counted.list({ first: 3 }),
        async () => counted.update(diary),
        async () => counted.updateAll(diaries),
      ];
      let diary = await counted.findById(id);
      let diaries = [diary];
      for (let round = 0; round < 3; round += 1) {
        diary = await counted.findById(id);
        diary.note("a", "b", "c", "d", "e");
        const [other] = await counted.createAll([owner()]);
        other?.note("a", "b", "c", "d", "e");
        diaries = other === undefined ? [] : [other];
        for (const call of calls) {
          const sent = await proxy.during(call);
          expect(sent.filter(({ kind }) => kind === "Sync" || kind === "Query")).toHaveLength(1);
        }
        expect(await versionsOf(id)).toEqual([6 + round * 5]);
        expect(await versionsOf(diaries[0]?.id as string)).toEqual([6]);
      }
    } finally {
      await near.destroy();
      await proxy.close();
    }
  });

  it("is found by its key, and the events after it by theirs", async () => {
    const many = await diaries.createAll(Array.from({ length: 2_000 }, owner));
    for (const diary of many) diary.note("a", "b", "c", "d", "e");
    await diaries.updateAll(many);
    await sql`analyze diaries, diary_events, diary_snapshots`.execute(db);
    const tables = entityTableNames(Diary.plan, "public");
    for (const statement of [loadEntity(tables), loadEntities(tables)]) {
      const plan = await genericPlan(db, statement);
      expect(plan).toContain("diary_snapshots_pkey");
      expect(plan).toMatch(/Index Cond: .*sequence > COALESCE\(s\.version, 0\)/);
      expect(plan).not.toMatch(/Seq Scan on diar/);
    }
    const append = { creates: false, one: true, restoresBound: false, snapshot: true };
    const plan = await genericPlan(db, writeEntity(tables, append));
    expect(plan).toContain("diary_snapshots_pkey");
    expect(plan).not.toMatch(/Seq Scan on diar/);
  });
});
