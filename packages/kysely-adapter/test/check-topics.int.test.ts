import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkSchema, createTopic } from "../src/index.ts";
import { Brief, Feed, noted, Stream } from "./database/feed.ts";
import { migrate, openDatabase } from "./database/open.ts";

const database = await testDatabase({
  name: "feed and stream",
  migrate: (connectionString) => migrate(connectionString, [Feed, Stream]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

beforeAll(async () => {
  const feed = createTopic(Feed, { db });
  for (let at = 0; at < 12; at += 1) await feed.publish(noted("k", at));
  await feed.maintain();
});

const topics = [Feed, Stream];
let undo: readonly string[] = [];
afterEach(async () => {
  for (const statement of undo) await sql.raw(statement).execute(db);
  undo = [];
  expect(await checkSchema(db, topics)).toEqual([]);
});

describe("checkSchema of topics", () => {
  it("finds nothing where they were migrated, also after their partitions grew", async () => {
    expect(await checkSchema(db, topics)).toEqual([]);
  });

  it("finds a topic that was never migrated", async () => {
    expect(await checkSchema(db, [Brief])).toEqual([
      expect.objectContaining({ entity: "brief", object: "table brief_events" }),
    ]);
  });

  it.each<[what: string, change: string, undo: string, found: RegExp]>([
    [
      "a guard of the whole that is off",
      "alter table only feed_events disable trigger feed_events_immutable",
      "alter table only feed_events enable trigger feed_events_immutable",
      /^feed: trigger feed_events.feed_events_immutable: It is disabled\./,
    ],
    [
      "a partition's guard that is off",
      "alter table feed_events_p2 disable trigger feed_events_p2_immutable",
      "alter table feed_events_p2 enable trigger feed_events_p2_immutable",
      /^feed: trigger feed_events_p2.feed_events_p2_immutable: It is disabled or changed/,
    ],
    [
      "a partition whose guard is gone",
      "drop trigger feed_events_p3_immutable on feed_events_p3",
      "create trigger feed_events_p3_immutable before update or delete or truncate on feed_events_p3 for each statement execute function annals.refuse_change()",
      /^feed: trigger feed_events_p3.feed_events_p3_immutable: It is missing/,
    ],
    [
      "a partition whose guard lets some changes pass",
      "drop trigger feed_events_p1_immutable on feed_events_p1; create trigger feed_events_p1_immutable before update on feed_events_p1 for each statement execute function annals.refuse_change()",
      "drop trigger feed_events_p1_immutable on feed_events_p1; create trigger feed_events_p1_immutable before update or delete or truncate on feed_events_p1 for each statement execute function annals.refuse_change()",
      /feed_events_p1_immutable: It is disabled or changed/,
    ],
    [
      "a constraint that is gone",
      "alter table feed_events drop constraint feed_events_key_check",
      "alter table feed_events add constraint feed_events_key_check check (key <> '')",
      /constraint feed_events.feed_events_key_check: It is missing/,
    ],
    [
      "an index of the latest events that is gone",
      "drop index feed_compacted_deleted_idx",
      `create index feed_compacted_deleted_idx on feed_compacted ("position") where "deleted"`,
      /index feed_compacted.feed_compacted_deleted_idx: It is missing/,
    ],
    [
      "a topic that was forgotten",
      "create table kept as select * from annals.topic_partitions where topic = 'stream'; delete from annals.topic_partitions where topic = 'stream'",
      "insert into annals.topic_partitions select * from kept; drop table kept",
      /^stream: topic stream: It is not registered/,
    ],
  ])("finds %s", async (_, change, back, found) => {
    undo = back.split("; ");
    for (const statement of change.split("; ")) await sql.raw(statement).execute(db);
    const differences = (await checkSchema(db, topics)).map(
      ({ entity, object, problem }) => `${entity}: ${object}: ${problem}`,
    );
    expect(differences).toEqual([expect.stringMatching(found)]);
  });

  it("finds a function and a view that were replaced", async () => {
    const { rows } = await sql<{ publish: string; latest: string }>`select
      pg_get_functiondef('feed_events_publish'::regproc) as publish,
      'create or replace view feed_latest as ' || pg_get_viewdef('feed_latest'::regclass) as latest`.execute(
      db,
    );
    undo = [rows[0]?.publish ?? "", rows[0]?.latest ?? ""];
    await sql`create or replace view feed_latest as
      select "key", "position", "event_type", "event", "headers", "bytes", "context", "recorded_at"
      from feed_compacted`.execute(db);
    await sql
      .raw((rows[0]?.publish ?? "").replace("order by p.at\n    returning", "returning"))
      .execute(db);
    const objects = (await checkSchema(db, topics)).map(({ object }) => object);
    expect(objects.toSorted()).toEqual(["function feed_events_publish", "view feed_latest"]);
  });
});
