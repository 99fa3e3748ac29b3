import { join } from "node:path";
import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inTerminal, piped } from "./annals.ts";
import { migrated } from "./migrated.ts";
import { Member } from "./project/member.ts";

const cwd = join(import.meta.dirname, "project");
const { connectionString } = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
const here = { cwd, databaseUrl: connectionString };

beforeAll(async () => {
  await migrated(db);
  const members = createRepository(Member, { db });
  const [ada] = await members.createAll([{ email: "ada@example.com" }, { email: "b@example.com" }]);
  ada?.choose("paid");
  await members.update(ada as never);
});
afterAll(() => db.destroy());

const asItIs = "✓ The database is as its definition says.\n";

it("reads what is stored when it is told to, and counts it by type and version", async () => {
  expect(await piped(["check"], here)).toMatchObject({ exitCode: 0, stdout: asItIs });
  expect(await piped(["check", "--database"], here)).toEqual({
    exitCode: 0,
    stdout: `${asItIs}✓ member: 3 events read, 0 cannot be
type        version  events  unreadable
Joined      1        2       0
PlanChosen  1        1       0
`,
    stderr: "",
  });
  const watched = await inTerminal(["check", "--database"], here);
  expect(watched.screen).toContain("member: 3 read");
  expect(watched.exitCode).toBe(0);
});

it("lists what cannot be read, for people and for machines, and fails", async () => {
  await sql`alter table member_events disable trigger member_events_immutable,
    disable trigger member_events_erasure`.execute(db);
  await sql`update member_events set event = jsonb_set(event, '{plan}', '"gold"')
    where event_type = 'PlanChosen'`.execute(db);
  await sql`alter table member_events enable trigger member_events_immutable,
    enable trigger member_events_erasure`.execute(db);
  const { exitCode, stdout } = await piped(["check", "--database"], here);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("✗ member: 3 events read, 1 cannot be\n");
  expect(stdout).toMatch(
    /position {2}event +of +problem\n3 +PlanChosen version 1 {2}[0-9a-f-]{36}\/2 {2}plan: Invalid option.*\n/,
  );
  expect(stdout).not.toContain("gold");
  const json = await piped(["check", "--database", "--json"], here);
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    topic: "member",
    checked: 3,
    unreadable: 1,
    events: [{ sequence: 2, type: "PlanChosen" }],
    finished: true,
  });
});

it("can be stopped, and says so", async () => {
  const stop = new AbortController();
  stop.abort();
  const { exitCode, stdout } = await piped(["check", "--database"], {
    ...here,
    signal: stop.signal,
  });
  expect(stdout).toContain("member: 0 events read, 0 cannot be, stopped before the end");
  expect(exitCode).toBe(1);
});

it("wants to know what a sample is of, and does not read tables that are missing", async () => {
  expect(await piped(["check", "--sample", "0.5"], here)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("Give --database as well."),
  });
  expect((await piped(["check", "--database", "--sample", "0.5"], here)).stderr).toBe("");
  const empty = { cwd, databaseUrl: (await testDatabase()).connectionString };
  const missing = await piped(["check", "--database"], empty);
  expect(missing).toMatchObject({ exitCode: 1, stderr: "" });
  expect(missing.stdout).not.toContain("events read");
});
