import { join } from "node:path";
import { annalsPool, createProjection, createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inTerminal, piped } from "./annals.ts";
import { migrated } from "./migrated.ts";
import { Member } from "./project/member.ts";
import { memberPlans } from "./projected/member-plans.ts";

const { connectionString } = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
const here = { cwd: join(import.meta.dirname, "projected"), databaseUrl: connectionString };
const run = (...words: string[]) => piped(words, here);
const changed = (count: number) => sql`update member_plans set count = ${count}`.execute(db);

beforeAll(async () => {
  await migrated(db);
  await sql`create table member_plans (plan text primary key, count integer not null)`.execute(db);
  const members = createRepository(Member, { db });
  const ada = await members.create({ email: "ada@example.com" });
  ada.choose("paid");
  await members.update(ada);
  await memberPlans(db).catchUp();
});
afterAll(() => db.destroy());

it("verifies projections beside entities, or by name, and tells what differs", async () => {
  const all = await run("verify");
  expect(all).toMatchObject({
    exitCode: 0,
    stdout: "✓ member: 1 compared, 0 differ\n✓ member-plans: 1 compared, 0 differ\n",
  });
  expect((await run("verify", "member")).stdout).not.toContain("member-plans");
  await changed(7);
  const one = await run("verify", "member-plans");
  expect(one.exitCode).toBe(1);
  expect(one.stdout).toMatch(
    /^✗ member-plans: 1 compared, 2 differ\ntable +too many +missing\n"public"."member_plans" +1 +1\nannals projections rebuild member-plans /,
  );
  expect(one.stdout).not.toContain("member:");
  const rows = await run("verify", "member-plans", "--rows");
  expect(rows.stdout).toContain('too many in "public"."member_plans": {"plan":"paid","count":"7"}');
  expect(rows.stdout).toContain('missing in "public"."member_plans": {"plan":"paid","count":"1"}');
  const json = JSON.parse((await run("verify", "member-plans", "--json")).stdout);
  expect(json).toMatchObject({ projection: "member-plans", matches: false });
  expect(json.tables[0]).toEqual({
    ...{ table: '"public"."member_plans"', rows: 1, rebuiltRows: 1 },
    ...{ unexpected: 1, missing: 1, ignored: [] },
  });
  expect(await run("verify", "member-plan")).toMatchObject({ exitCode: 2 });
});

it("rebuilds a projection when asked, and keeps the old tables until told", async () => {
  await changed(7);
  expect(await run("projections", "rebuild", "member-plans")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("Pass --yes"),
  });
  const words = ["projections", "rebuild", "member-plans"];
  const refused = await inTerminal(words, here, [{ when: /\?/, type: "n" }]);
  expect(refused).toMatchObject({
    exitCode: 2,
    screen: expect.stringContaining("Nothing was changed"),
  });
  expect((await run("projections", "--json")).stdout).toContain('"old":[]');
  const { exitCode, screen } = await inTerminal(words, here, [{ when: /\?/, type: "y" }]);
  expect(screen).toContain("member-plans is rebuilt, up to position 2.");
  expect(exitCode).toBe(0);
  expect((await run("verify", "member-plans")).exitCode).toBe(0);

  const { stdout } = await run("projections");
  expect(stdout).toMatch(/^projection +position +last +rebuilding +replaced tables\n/);
  expect(stdout).toMatch(/\nmember-plans +2 +2 +"member-plans:old"."member_plans"\n$/);
  expect(await run("projections", "rebuild", "member-plans", "-y")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("still keeps"),
  });
  expect((await run("projections", "drop-old", "member-plans", "-y")).stdout).toBe(
    'Dropped "member-plans:old"."member_plans".\n',
  );
  expect((await run("projections", "drop-old", "member-plans")).stdout).toBe(
    "member-plans keeps no replaced tables.\n",
  );
});

it("gives up a rebuild that was begun", async () => {
  const discard = ["projections", "discard-rebuild", "member-plans"];
  expect((await run(...discard)).stdout).toBe("No rebuild of member-plans has begun.\n");
  const stopped = await piped(["projections", "rebuild", "member-plans", "-y"], {
    ...here,
    signal: AbortSignal.abort(),
  });
  expect(stopped.exitCode).toBe(1);
  expect(stopped.stdout).toContain("the same command goes on from here");
  const broken = createProjection(db as Kysely<{ member_plans: object }>, {
    ...{ name: "member-plans", topics: [Member], tables: ["member_plans"] },
    onEvent: () => {
      throw new Error("broken");
    },
  });
  await expect(broken.rebuild()).rejects.toThrow("failed");
  expect((await run("projections")).stdout).toMatch(/\nmember-plans +2 +2 +at 0\n$/);
  expect(await run(...discard)).toMatchObject({ exitCode: 2 });
  expect((await run(...discard, "-y")).stdout).toBe("The rebuild of member-plans is given up.\n");
  expect((await memberPlans(db).status()).rebuilding).toBeUndefined();
});

it("says which projections there are", async () => {
  expect(await run("projections", "status", "members")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("The projections are member-plans"),
  });
  const without = { ...here, cwd: join(import.meta.dirname, "project") };
  expect((await piped(["projections"], without)).stdout).toContain("names no projections");
  expect((await piped(["projections", "status", "x"], without)).stderr).toContain(
    "projections: (db) => [signupsPerDay(db)]",
  );
});
