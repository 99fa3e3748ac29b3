import type { ListQuery, Predicate, UniquePlan, Visibility } from "@annals/core/adapter";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countEntities } from "../src/statements/count-entities.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { findEntity } from "../src/statements/find-entity.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { loadEntity } from "../src/statements/load-entities.ts";
import { genericPlan } from "./database/generic-plan.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Resident } from "./database/resident.ts";

// Live rows and deleted ones have indexes of their own, which serve reads of either and of both. The
// table is large, and nineteen of twenty rows in it are deleted.

const database = await testDatabase({
  name: "resident",
  migrate: (connectionString) => migrate(connectionString, [Resident]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

const tables = entityTableNames(Resident.plan, "public");

beforeAll(async () => {
  await sql`
    with w as (
      insert into residents (id, created_at, version, deleted_at, email, house, room, score)
      select gen_random_uuid(), now() - n * interval '1 minute', 1,
        case when n % 20 <> 0 then now() - (n * 7919 % 20000) * interval '1 second' end,
        n || '@example.com', 'h' || n % 40, n / 40, n % 1000
      from generate_series(1, 20000) n
      returning id
    )
    select resident_events_insert(
      array_agg(w.id),
      json_agg(json_build_object('id', w.id, 'sequence', 1, 'event', '{"type": "MovedIn"}'::json)), null, now())
    from w`.execute(db);
  await sql`analyze residents, resident_events`.execute(db);
}, 60_000);

const all: Visibility = { includeDeleted: true };
const [byEmail, byRoom] = Resident.plan.uniques as readonly [UniquePlan, UniquePlan];
const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const later = { value: "2026-01-01T00:00:00+00:00", id };
const isDeleted: Predicate = { kind: "not", of: { kind: "absent", column: "deletedAt" } };
const isLong: Predicate = {
  kind: "compare",
  column: "deletedAt",
  operator: "<",
  value: "2026-01-01T00:00:00.000Z",
};
const inHouse: Predicate = { kind: "compare", column: "house", operator: "=", value: "h1" };

const list = (query: Partial<ListQuery>, seen?: Visibility) =>
  listEntities(
    tables,
    {
      where: { kind: "all", of: [] },
      orderBy: "createdAt",
      direction: "asc",
      after: undefined,
      before: undefined,
      take: "first",
      limit: 51,
      ...query,
    },
    seen,
  );

const created = ["residents_created_at_idx", "residents_created_at_idx_deleted"] as const;
const scored = ["residents_score_idx", "residents_score_idx_deleted"] as const;
const housed = ["residents_house_idx", "residents_house_idx_deleted"] as const;

/** The indexes of the index table that a plan scans. */
const scanned = (plan: string): string[] =>
  [...plan.matchAll(/(?:using|Index Scan on) (residents_\w+)/g)].map(([, name]) => name as string);

describe("the plan of", () => {
  it.each<[string, { readonly sql: string }, readonly string[]]>([
    ["load one", loadEntity(tables), ["residents_pkey"]],
    ["find by a column", findEntity(tables, byEmail), ["residents_email_key"]],
    [
      "find by a column, deleted too",
      findEntity(tables, byEmail, all),
      ["residents_email_key", "residents_email_key_deleted"],
    ],
    [
      "find by a composite, deleted too",
      findEntity(tables, byRoom, all),
      ["residents_house_room_key", "residents_house_room_key_deleted"],
    ],
    ["the first page", list({}), [created[0]]],
    ["a later page backwards", list({ after: later, direction: "desc" }), [created[0]]],
    ["the first page, deleted too", list({}, all), created],
    ["a later page, deleted too", list({ after: later, direction: "desc" }, all), created],
    ["the page before, deleted too", list({ before: later, take: "last" }, all), created],
    ["a page by score, deleted too", list({ orderBy: "score" }, all), scored],
    ["a filtered page", list({ where: inHouse, orderBy: "house" }), [housed[0]]],
    ["a filtered page, deleted too", list({ where: inHouse, orderBy: "house" }, all), housed],
    [
      "what is deleted, the first first",
      list({ where: isDeleted, orderBy: "deletedAt" }, all),
      ["residents_deleted_at_idx"],
    ],
    [
      "what is deleted, the last first",
      list({ where: isDeleted, orderBy: "deletedAt", direction: "desc", after: later }, all),
      ["residents_deleted_at_idx"],
    ],
    [
      "what is deleted since long",
      list({ where: isLong, orderBy: "deletedAt" }, all),
      ["residents_deleted_at_idx"],
    ],
    ["whether one exists in a house", countEntities(tables, inHouse, 1), [housed[0]]],
    ["whether one exists, deleted too", countEntities(tables, inHouse, 1, all), housed],
  ])("%s uses the indexes of its rows and reads no table whole", async (_, statement, indexes) => {
    const plan = await genericPlan(db, statement);
    expect(new Set(scanned(plan)), plan).toEqual(new Set(indexes));
    expect(plan).not.toMatch(/Seq Scan on residents/);
  });

  it("a page touches a few pages of the table, however many rows before it are deleted", async () => {
    const { sql: text } = list({ limit: 10 });
    const { rows } = await sql
      .raw<{ "QUERY PLAN": readonly [{ Plan: { "Shared Hit Blocks": number } }] }>(
        `explain (analyze, buffers, format json) ${text.replace("$1", "10")}`,
      )
      .execute(db);
    // Ten rows and their events; two hundred deleted rows lie between the first and the tenth.
    expect(rows[0]?.["QUERY PLAN"][0].Plan["Shared Hit Blocks"]).toBeLessThan(100);
  });
});
