import { join } from "node:path";
import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asProcess, inTerminal, piped } from "./annals.ts";
import { migrated } from "./migrated.ts";
import { Member } from "./project/member.ts";

const cwd = join(import.meta.dirname, "project");
const database = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({
    pool: annalsPool(new pg.Pool({ connectionString: database.connectionString })),
  }),
});
const members = createRepository(Member, { db });
const here = { cwd, databaseUrl: database.connectionString };
let id: string;

beforeAll(async () => {
  await migrated(db);
  const ada = await members.create({ email: "ada@example.com" });
  ada.choose("paid");
  await members.update(ada);
  id = ada.id;
});
afterAll(() => db.destroy());

const broken = async (work: () => Promise<void>): Promise<void> => {
  await sql`update members set plan = 'free' where id = ${id}::uuid`.execute(db);
  try {
    await work();
  } finally {
    await sql`update members set plan = 'paid' where id = ${id}::uuid`.execute(db);
  }
};

describe("annals", () => {
  it("lists its commands", async () => {
    const { exitCode, stdout } = await asProcess(["--help"], here);
    expect(exitCode).toBe(0);
    const inspecting = ["show", "diff", "tail", "export", "import"];
    const others = ["init", "new", "generate", "migrate", "check", "verify", "rebuild"];
    for (const command of [...inspecting, ...others, "consumers", "completion"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    }
  });

  it.each<[what: string, words: string[], error: RegExp]>([
    ["an unknown command", ["verfy"], /unknown command 'verfy'.*\(Did you mean verify\?\)/s],
    ["an option out of range", ["verify", "--sample", "2"], /Give a number above 0, up to 1/],
    ["an unknown entity", ["verify", "user"], /no entity "user".*The entities are member/s],
    ["an entity that is not named", ["show", "member"], /which member is meant.*--email/s],
    [
      "an entity that is not there",
      ["show", "member", "--email", "x@example.com"],
      /No member has.*annals tail member/s,
    ],
    ["no configuration", ["check", "--config", "none.ts"], /There is no file none.ts/],
    ["something that is neither version nor time", ["diff", "member", "x", "soon"], /neither a v/],
  ])("says what is wrong with %s, and fails", async (_, words, error) => {
    const { exitCode, stdout, stderr } = await piped(words, here);
    expect(stderr).toMatch(error);
    expect(stderr).not.toContain("    at ");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  it("says that no database is named, or that it cannot be reached", async () => {
    expect(await piped(["check"], { cwd })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/No database is named[\s\S]*DATABASE_URL/),
    });
    const nowhere = { cwd, databaseUrl: "postgres://127.0.0.1:1/none" };
    expect(await piped(["check"], nowhere)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /could not be reached[\s\S]*in DATABASE_URL[\s\S]*ECONNREFUSED/,
      ),
    });
  });
});

describe("annals check", () => {
  it("is content with a database that was migrated", async () => {
    expect(await piped(["check"], here)).toEqual({
      exitCode: 0,
      stdout: "✓ The database is as its definition says.\n",
      stderr: "",
    });
  });

  it("tells each difference with its remedy, for people and for machines", async () => {
    await sql`drop index members_plan_idx`.execute(db);
    try {
      const { exitCode, stdout } = await piped(["check"], here);
      expect(exitCode).toBe(1);
      expect(stdout).toContain("✗ index members.members_plan_idx (member)\n  It is missing.\n");
      const json = await piped(["check", "--json"], here);
      expect(JSON.parse(json.stdout)).toMatchObject({
        entity: "member",
        problem: "It is missing.",
      });
    } finally {
      await sql`create index members_plan_idx on members (plan, id) where deleted_at is null`.execute(
        db,
      );
    }
  });
});

describe("annals verify and rebuild", () => {
  it("are content where nothing differs", async () => {
    const verified = await piped(["verify"], here);
    expect(verified).toMatchObject({ exitCode: 0, stdout: "✓ member: 1 compared, 0 differ\n" });
  });

  it("find and mend a fault, asking first", async () => {
    await broken(async () => {
      const found = await piped(["verify", "member", "--json"], here);
      expect(found.exitCode).toBe(1);
      expect(JSON.parse(found.stdout)).toMatchObject({
        differing: 1,
        differences: [{ id, columns: ["plan"] }],
      });
      const unasked = await piped(["rebuild"], here);
      expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Pass --yes") });
      const refused = await inTerminal(["rebuild"], here, [{ when: /member\?/, type: "n" }]);
      expect(refused).toMatchObject({
        exitCode: 2,
        screen: expect.stringContaining("Nothing was"),
      });
      expect((await piped(["verify"], here)).exitCode).toBe(1);
      const agreed = await inTerminal(["rebuild"], here, [{ when: /member\?/, type: "y" }]);
      expect(agreed).toMatchObject({ exitCode: 0, screen: expect.stringContaining("1 changed") });
      expect((await piped(["verify"], here)).exitCode).toBe(0);
    });
  });

  it("show how far they are to somebody who watches, and to nobody else", async () => {
    const watched = await inTerminal(["verify"], here);
    expect(watched.screen).toContain("\u001b[");
    expect(watched.screen).toContain("member: 1 compared");
    const { stdout, stderr } = await asProcess(["verify"], here);
    expect(stdout + stderr).not.toContain("\u001b[");
  });
});

describe("annals show and diff", () => {
  it("show an entity by its id or by a unique column", async () => {
    const byEmail = await piped(["show", "member", "--email", "ada@example.com"], here);
    expect(byEmail.exitCode).toBe(0);
    expect(byEmail.stdout).toContain(`member ${id} at version 2`);
    expect(byEmail.stdout).toMatch(/plan {3}"paid"/);
    expect(byEmail.stdout).toMatch(/ 1 {2}\S+Z {2}Joined {2}\{"email":"ada@example.com"\}/);
    expect((await piped(["show", "member", id], here)).stdout).toBe(byEmail.stdout);
  });

  it("show the past", async () => {
    const { stdout } = await piped(["show", "member", id, "--as-of", "1", "--json"], here);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      state: { plan: "free" },
      history: [{ sequence: 1, event: { type: "Joined" } }],
    });
  });

  it("show what is deleted, and say so", async () => {
    const bob = await members.create({ email: "bob@example.com" });
    await members.delete(bob);
    const { stdout } = await piped(["show", "member", "--email", "bob@example.com"], here);
    expect(stdout).toContain(`member ${bob.id} at version 2, deleted\n`);
    const past = await piped(["show", "member", bob.id, "--as-of", "1", "--json"], here);
    expect(JSON.parse(past.stdout)).toMatchObject({ version: 1, isDeleted: false });
    const diff = await piped(["diff", "member", bob.id, "1"], here);
    expect(diff.stdout).toContain("from version 1 to 2\nNothing in its state changed.\n");
  });

  it("tell what changed between two versions", async () => {
    const { stdout } = await piped(["diff", "member", id, "1"], here);
    expect(stdout).toBe(
      `member ${id} from version 1 to 2\nfield  before  after\nplan   "free"  "paid"\n`,
    );
  });
});

describe("annals migrate", () => {
  it("applies everything to an empty database, once, and tells before it does", async () => {
    const empty = { cwd, databaseUrl: (await testDatabase()).connectionString };
    const would = await piped(["migrate", "--dry-run"], empty);
    expect(would.stdout).toContain("create schema if not exists annals");
    const missing = await piped(["check"], empty);
    expect(missing).toMatchObject({
      exitCode: 1,
      stdout:
        "✗ schema annals (annals)\n  It is missing: none of the framework's migrations has been applied.\n  Run annals migrate.\n",
    });
    const refused = await inTerminal(["migrate"], empty, [{ when: /\?/, type: "n" }]);
    expect(refused).toMatchObject({ exitCode: 2, screen: expect.stringContaining("Nothing was") });
    expect((await piped(["check"], empty)).stdout).toBe(missing.stdout);
    const first = await piped(["migrate"], empty);
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Applied annals_0001/),
    });
    const second = await piped(["migrate"], empty);
    expect(second).toMatchObject({ exitCode: 0, stdout: "Everything is applied.\n" });
  });
});
