import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annalsPool, createTopic } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { piped } from "./annals.ts";
import { Bulletin } from "./topic/bulletin.ts";

// A topic of its own from its first migration to its last, through the command line alone.

const { connectionString: databaseUrl } = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({
    pool: annalsPool(new pg.Pool({ connectionString: databaseUrl })),
  }),
});
const cwd = await mkdtemp(join(tmpdir(), "annals-topic-"));
afterAll(async () => {
  await db.destroy();
  await rm(cwd, { recursive: true });
});

/** Runs a command with one variant of the project. */
const run = async (variant: string, ...words: readonly string[]) => {
  const source = new URL("./topic/bulletin.ts", import.meta.url).pathname;
  const config = join(cwd, `${variant}.config.mjs`);
  await writeFile(
    config,
    `const { variants } = await import(${JSON.stringify(source)});
export default { entities: [], topics: variants.${variant} };`,
  );
  return piped([...words, "--config", config], { cwd, databaseUrl });
};

describe("annals with a topic of its own", () => {
  it("generates, migrates and checks it", async () => {
    const made = await run("first", "generate");
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    expect(made.stdout).toContain("bulletin: the topic is added\nWrote migrations/0001_");
    expect((await run("first", "generate")).stdout).toContain("The migrations make all");
    expect(await run("first", "migrate")).toMatchObject({ exitCode: 0 });
    expect(await run("first", "check")).toMatchObject({
      exitCode: 0,
      stdout: "✓ The database is as its definition says.\n",
    });
    const guard = "alter table bulletin_events_p1 disable trigger bulletin_events_p1_immutable";
    await sql.raw(guard).execute(db);
    const off = await run("first", "check");
    expect(off.exitCode).toBe(1);
    expect(off.stdout).toContain(
      "✗ trigger bulletin_events_p1.bulletin_events_p1_immutable (bulletin)",
    );
    await sql.raw(guard.replace("disable", "enable")).execute(db);
  });

  it("holds its events to the contract", async () => {
    const lock = JSON.parse(await readFile(join(cwd, "migrations/annals.lock.json"), "utf8"));
    expect(Object.keys(lock.topics.bulletin.events)).toEqual(["Posted", "Removed"]);
    const broken = await run("narrower", "check");
    expect(broken.exitCode).toBe(1);
    expect(broken.stdout).toContain("event Posted, version 1 (bulletin)");
    const refused = await run("narrower", "generate");
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toContain("--change bulletin.Posted");
    const gone = await run("withoutRemoved", "generate");
    expect(gone.stderr).toContain("--change bulletin.Removed");
    expect((await run("wider", "check")).stdout).toContain(
      "does not have the schemas of the events",
    );
    expect((await run("wider", "generate")).stdout).toContain("No migration is needed.");
  });

  describe("whose events were published", () => {
    beforeAll(async () => {
      const bulletin = createTopic(Bulletin, { db });
      for (const text of ["one", "two"]) {
        await bulletin.publish({ type: "Posted", board: "hall", text });
        await bulletin.publish({ type: "Posted", board: "yard", text });
      }
      await bulletin.publish({ type: "Removed", board: "yard" });
    });

    it("tails and reads them", async () => {
      const { stdout } = await run("first", "tail", "bulletin", "--id", "hall", "--json");
      const events = stdout.trimEnd().split("\n");
      expect(events.map((line) => JSON.parse(line))).toMatchObject([
        { topic: "bulletin", id: "hall", sequence: 0, event: { type: "Posted", text: "one" } },
        { id: "hall", event: { text: "two" }, headers: {} },
      ]);
      const people = await run("first", "tail", "--type", "Removed");
      expect(people.stdout).toMatch(/^\S+Z {2}bulletin yard {2}Removed {2}\{"board":"yard"\}\n$/);
      expect((await run("first", "tail", "--last", "2")).stdout.match(/bulletin/g)).toHaveLength(2);
      expect((await run("first", "tail", "--since", "1h")).stdout.match(/bulletin/g)).toHaveLength(
        5,
      );
      const read = await run("first", "check", "--database");
      expect(read.stdout).toContain("✓ bulletin: 5 events read, 0 cannot be\n");
      expect((await run("narrower", "check", "--database")).stdout).toContain(
        "✗ bulletin: 5 events read, 4 cannot be\n",
      );
    });

    it("begins to keep the latest events, those from before too, and deletes by another event", async () => {
      const files = async () =>
        (await readdir(join(cwd, "migrations"))).filter((name) => name.endsWith(".sql"));
      const kept = await run("compacted", "generate");
      expect(kept.stdout).toContain("bulletin: the latest event of every key is kept\n");
      expect(await files()).toHaveLength(3);
      const third = await readFile(join(cwd, "migrations", (await files())[2] as string), "utf8");
      expect(third).toMatch(/^-- Step 2 of 2/);
      expect(await run("compacted", "migrate")).toMatchObject({ exitCode: 0 });
      expect(await run("compacted", "check")).toMatchObject({ exitCode: 0 });
      const latest = async () =>
        (await sql<{ key: string }>`select key from bulletin_latest order by 1`.execute(db)).rows;
      expect(await latest()).toEqual([{ key: "hall" }, { key: "yard" }]);
      await run("deleting", "generate");
      expect(await run("deleting", "migrate")).toMatchObject({ exitCode: 0 });
      expect(await run("deleting", "check")).toMatchObject({ exitCode: 0 });
      expect(await latest()).toEqual([{ key: "hall" }]);
    });

    it("keeps them no longer, and goes, only when that is asked for by name", async () => {
      expect((await run("wider", "generate")).stderr).toContain("--drop bulletin.compaction");
      await run("wider", "generate", "--drop", "bulletin.compaction");
      expect(await run("wider", "migrate")).toMatchObject({ exitCode: 0 });
      expect(await run("wider", "check")).toMatchObject({ exitCode: 0 });
      await createTopic(Bulletin, { db }).publish({ type: "Removed", board: "hall" });
      expect((await run("none", "generate")).stderr).toContain("--drop bulletin");
      await run("none", "generate", "--drop", "bulletin");
      expect(await run("none", "migrate")).toMatchObject({ exitCode: 0 });
      const { rows } = await sql`select relname from pg_class where relname like 'bulletin%'
        union all select name from annals.topics union all select topic from annals.topic_partitions
        union all select proname from pg_proc where proname like 'bulletin%'`.execute(db);
      expect(rows).toEqual([]);
    });
  });
});
