import { startPostgres } from "@annals/testing/postgres";
import { testDatabase } from "@annals/testing/vitest";
import pg from "pg";
import { expect, test } from "vitest";
import { type Condition, underCondition } from "../src/conditions/condition.ts";

const database = await testDatabase();

/** How long statements take over one connection, the quickest of some. */
const quickest = (to: string, condition: Condition, statement: string): Promise<number> =>
  underCondition(to, condition, async (connectionString) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    const times: number[] = [];
    for (let run = 0; run < 10; run += 1) {
      const start = performance.now();
      await client.query(statement);
      times.push(performance.now() - start);
    }
    await client.end();
    return Math.min(...times);
  });

test("a round trip takes as much longer as was asked for", async () => {
  expect(
    await quickest(database.connectionString, { kind: "round-trip", ms: 5 }, "select 1"),
  ).toBeGreaterThanOrEqual(5);
});

test("what is large arrives whole, in both directions", async () => {
  const text = "x".repeat(3_000_000);
  await underCondition(
    database.connectionString,
    { kind: "round-trip", ms: 0.5 },
    async (connectionString) => {
      const client = new pg.Client({ connectionString });
      await client.connect();
      const { rows } = await client.query("select $1::text as text", [text]);
      expect(rows[0].text === text).toBe(true);
      await client.end();
    },
  );
});

test("a commit waits as much longer for its flush, and a read does not", async () => {
  const server = await startPostgres({ settings: { fsync: "on", synchronous_commit: "on" } });
  try {
    const { connectionString } = await server.createDatabase();
    const flush = { kind: "flush", ms: 20 } as const;
    const writing = "select pg_logical_emit_message(true, 'flushed', '')";
    expect(await quickest(connectionString, flush, writing)).toBeGreaterThanOrEqual(20);
    expect(await quickest(connectionString, flush, "select 1")).toBeLessThan(20);
  } finally {
    await server.stop();
  }
});

test("a server that flushes nothing is refused", async () => {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  const { rows } = await client.query("show fsync");
  await client.end();
  if (rows[0].fsync === "on") return;
  const flush = { kind: "flush", ms: 1 } as const;
  await expect(quickest(database.connectionString, flush, "select 1")).rejects.toThrow("fsync");
});

test("a proxy without a server to reach ends the connection", async () => {
  const nowhere = "postgres://nobody@127.0.0.1:1/none";
  const connecting = underCondition(nowhere, { kind: "round-trip", ms: 1 }, async (through) => {
    const client = new pg.Client({ connectionString: through });
    client.on("error", () => {});
    await client.connect();
  });
  await expect(connecting).rejects.toThrow();
});
