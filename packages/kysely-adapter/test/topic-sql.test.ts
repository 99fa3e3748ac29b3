import { describe, expect, it } from "vitest";
import { topicTablesSql } from "../src/index.ts";
import { latestEvent, publishEvents } from "../src/statements/publish.ts";
import { readTopic } from "../src/statements/read-topic.ts";
import { addPartition } from "../src/tables/topic-partition.ts";
import { Feed, Stream } from "./database/feed.ts";
import { Person } from "./database/person.ts";

// What is generated for topics of their own: every change of it shows up as a diff of SQL.

const statements: Readonly<Record<string, string | undefined>> = {
  publish: publishEvents("app", Feed.plan).sql,
  "the latest event": latestEvent("app", Feed.plan)?.sql,
  "read a topic of its own": readTopic("app", [Feed.plan]).sql,
  "read an entity and a topic": readTopic("app", [Person.plan, Feed.plan]).sql,
  "add a partition": addPartition({ schema: "app", events: "feed_events" }, 7).join(";\n"),
};

describe("generated SQL of topics", () => {
  it("creates a topic's tables, guards and functions", async () => {
    const text = topicTablesSql(Feed, { schema: "app" });
    await expect(text).toMatchFileSnapshot("./generated/feed-tables.sql");
  });

  it("is less for a topic that keeps no latest events", () => {
    expect(topicTablesSql(Stream)).not.toMatch(/latest|compacted/);
    expect(latestEvent("app", Stream.plan)).toBeUndefined();
  });

  it("is the same text for every statement as the one that was reviewed", async () => {
    const text = Object.entries(statements)
      .map(([name, sql]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/feed-statements.sql");
  });
});
