import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTopic } from "../src/index.ts";
import { Feed, noted } from "./database/feed.ts";
import { migrate, openDatabase } from "./database/open.ts";

// What the database itself refuses on a topic's table and on every partition of it, whoever writes.

const database = await testDatabase({
  name: "feed",
  migrate: (connectionString) => migrate(connectionString, [Feed]),
});
const db = openDatabase(database.connectionString);
const feed = createTopic(Feed, { db });
afterAll(() => db.destroy());

beforeAll(async () => {
  for (let at = 0; at < 12; at += 1) await feed.publish(noted("k", at));
  await feed.maintain();
  await feed.publish(noted("k", 12));
});

const refusal = (statement: string) =>
  sql
    .raw(statement)
    .execute(db)
    .then(
      () => undefined,
      (error: { code: string; message: string }) => error,
    );

// The partition that was closed, the one that takes events, the next one, and the whole.
const tables = ["feed_events_p1", "feed_events_p2", "feed_events_p3", "feed_events"];

describe.each(tables)("%s", (table) => {
  it.each([
    ["UPDATE", `update ${table} set key = 'other'`],
    ["UPDATE of nothing", `update ${table} set key = 'other' where false`],
    ["DELETE", `delete from ${table}`],
    ["TRUNCATE", `truncate ${table}`],
    ["MERGE", `merge into ${table} e using (select 1) s on true when matched then delete`],
  ])("refuses %s, saying why", async (_, statement) => {
    const stored = sql`select key, position, event from feed_events order by position`;
    const before = await stored.execute(db);
    expect(before.rows).toHaveLength(13);
    const error = await refusal(statement);
    expect(error?.code).toBe("AN001");
    expect(error?.message).toMatch(/immutable/);
    expect((await stored.execute(db)).rows).toEqual(before.rows);
  });

  it.each([
    ["a type that is not the event's", `'{"type": "Other"}'`, "'k'"],
    ["a version that is not the event's", `'{"type": "Noted", "v": 2}'`, "'k'"],
    ["an empty key", `'{"type": "Noted"}'`, "''"],
  ])("refuses %s", async (_, event, key) => {
    const partition = /_p(\d)$/.exec(table)?.[1] ?? "2";
    const error = await refusal(
      `insert into ${table} (key, event_type, event, recorded_at, partition) values (${key}, 'Noted', ${event}, now(), ${partition})`,
    );
    expect(error?.code).toBe("23514");
  });
});

describe("the partitions", () => {
  it("are as the table of events is: columns, constraints, indexes and triggers", async () => {
    const { rows } = await sql<{ table: string; parts: string }>`
      select c.relname as table, concat_ws(E'\n',
        (select string_agg(attname || ' ' || atttypid::regtype || ' ' || attnotnull, ', ' order by attnum)
          from pg_attribute where attrelid = c.oid and attnum > 0),
        (select string_agg(pg_get_constraintdef(oid), ', ' order by pg_get_constraintdef(oid))
          from pg_constraint where conrelid = c.oid and contype <> 'n'),
        (select string_agg(substring(pg_get_indexdef(indexrelid) from 'USING.*'), ', ' order by substring(pg_get_indexdef(indexrelid) from 'USING.*'))
          from pg_index where indrelid = c.oid),
        (select string_agg(substring(pg_get_triggerdef(oid) from 'FOR EACH.*'), ', ') from pg_trigger where tgrelid = c.oid)
      ) as parts
      from pg_class c where c.relname = any (${tables}) order by 1`.execute(db);
    expect(rows.map(({ table }) => table)).toEqual(tables.toSorted());
    expect(new Set(rows.map(({ parts }) => parts)).size).toBe(1);
    expect(rows[0]?.parts).toMatch(/UNIQUE \("position", partition\)/);
  });

  it("take what plain SQL inserts into the topic", async () => {
    await sql`insert into feed_events (key, event_type, event, recorded_at)
      values ('sql', 'Noted', '{"type": "Noted", "key": "sql", "n": 1}', now())`.execute(db);
    const { rows } =
      await sql`select tableoid::regclass::text as table from feed_events where key = 'sql'`.execute(
        db,
      );
    expect(rows).toEqual([{ table: "feed_events_p2" }]);
  });
});
