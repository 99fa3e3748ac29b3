import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTopic } from "../src/index.ts";
import { latestEvent } from "../src/statements/publish.ts";
import { readTopic } from "../src/statements/read-topic.ts";
import { forgetDeduplicationKeys } from "../src/statements/topic-retention.ts";
import { Feed, noted } from "./database/feed.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";

// The hot statements of a topic rely on the indexes that their headers name, and are one round trip each.

const database = await testDatabase({
  name: "feed",
  migrate: (connectionString) => migrate(connectionString, [Feed]),
});
const proxy = await CountingProxy.open(database.connectionString);
const db = openDatabase(proxy.connectionString);
const feed = createTopic(Feed, { db });
afterAll(async () => {
  await db.destroy();
  await proxy.close();
});

beforeAll(async () => {
  for (let part = 0; part < 4; part += 1) {
    const events = Array.from({ length: 3_000 }, (_, n) => ({
      event: noted(`k${part}-${n}`, n),
      deduplicationKey: `${part}-${n}`,
    }));
    await feed.publishAll(events);
    await feed.maintain({ pastConsumers: false });
  }
  await sql`analyze feed_events, feed_compacted, annals.topic_deduplication_keys`.execute(db);
});

/** The generic plan, which a prepared statement settles on. */
const planOf = async (text: string): Promise<string> => {
  const count = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
  const parameters = Array.from({ length: count }, () => "null");
  return db.connection().execute(async (connection) => {
    await sql.raw("set plan_cache_mode = force_generic_plan").execute(connection);
    await sql.raw(`prepare probe as ${text}`).execute(connection);
    const call = `explain (costs off) execute probe(${parameters.join(", ")})`;
    const { rows } = await sql.raw<{ "QUERY PLAN": string }>(call).execute(connection);
    await sql.raw("deallocate probe").execute(connection);
    await sql.raw("reset plan_cache_mode").execute(connection);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  });
};

describe("the plan of", () => {
  it.each([
    [
      "reading a topic",
      readTopic("public", [Feed.plan]).sql,
      /Index Scan using feed_events_p\d+_position_partition_key/,
    ],
    [
      "the latest event",
      latestEvent("public", Feed.plan)?.sql ?? "",
      /Index Scan using feed_compacted_pkey/,
    ],
    [
      "forgetting keys",
      forgetDeduplicationKeys.sql,
      /Index Scan using topic_deduplication_keys_expires_at_idx/,
    ],
  ])("%s uses its index", async (_, text, expected) => {
    const plan = await planOf(text);
    expect(plan).toMatch(expected);
    expect(plan).not.toMatch(/Seq Scan on (feed_events_p[34]|feed_compacted)/);
  });

  it("reading a topic merges its partitions in order, without sorting them", async () => {
    const plan = await planOf(readTopic("public", [Feed.plan]).sql);
    expect(plan).toMatch(/Merge Append/);
    // What is sorted is the rows that were read already, by the list that they go to.
    expect(plan.match(/Sort Key: .*/g)).toEqual([
      "Sort Key: event.part",
      expect.stringMatching(/position/),
    ]);
    expect(plan.match(/^\s*(->\s+)?Sort$/gm)).toHaveLength(1);
  });
});

describe("round trips", () => {
  it.each<[string, () => Promise<unknown>]>([
    ["publish", () => feed.publish(noted("k"))],
    ["publish once", () => feed.publish(noted("k"), { deduplicationKey: crypto.randomUUID() })],
    [
      "publishAll",
      () => feed.publishAll(Array.from({ length: 500 }, (_, n) => ({ event: noted(`k${n}`, n) }))),
    ],
    ["latest", () => feed.latest("k")],
  ])("%s is one", async (_, call) => {
    for (const turn of ["first", "second"]) {
      const sent = await proxy.during(call);
      const trips = sent.filter(({ kind }) => kind === "Sync" || kind === "Query");
      expect(trips, `the ${turn} time`).toHaveLength(1);
      // The second time, the statement is prepared.
      if (turn === "second") expect(sent.some(({ kind }) => kind === "Parse")).toBe(false);
    }
  });

  it("publishing nothing is none", async () => {
    expect(await proxy.during(() => feed.publishAll([]))).toEqual([]);
  });
});
