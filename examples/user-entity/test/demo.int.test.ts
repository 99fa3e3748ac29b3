import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@annals/testing/vitest";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS_FILE } from "../scripts/generate-commands.ts";
import { expectedFrom } from "./plain-model.ts";
import { type Finished, runDemo } from "./run-demo.ts";

const database = await testDatabase();
const env = { DATABASE_URL: database.connectionString };
const pool = new pg.Pool(database);
afterAll(() => pool.end());

const query = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
  (await pool.query(sql)).rows;

/** The refused lines as the demo prints them: number, reason, message. */
const refusedIn = (output: string): readonly { line: number; reason: string }[] =>
  [...output.matchAll(/^ {2}line ([\d,]+) +([a-z-]+) {2,}\S/gm)].map(
    ([, line = "", reason = ""]) => ({
      line: Number(line.replaceAll(",", "")),
      reason,
    }),
  );

describe("the demo on its own file", () => {
  let run: Finished;
  let expected: ReturnType<typeof expectedFrom>;
  beforeAll(async () => {
    expected = expectedFrom(await readFile(COMMANDS_FILE, "utf8"));
    run = await runDemo(["--verbose"], env);
  });

  it("ends well, with nothing on stderr", () => {
    expect(run.errors).toBe("");
    expect(run.exitCode).toBe(0);
  });

  it("leaves the index rows that a Map arrives at", async () => {
    const rows = await query("select email, status, version from annals_demo_1.users");
    const indexed = expected.users.map(({ email, status, version }) => ({
      email: email.toLowerCase(),
      status,
      version,
    }));
    expect(byEmail(rows)).toEqual(byEmail(indexed));
    expect(rows.length).toBeGreaterThan(1_000);
  });

  it("stores in the events what a Map arrives at, in every letter", async () => {
    const rows = await query(`
      select (array_agg(event ->> 'email' order by sequence desc) filter (where event ? 'email'))[1] as email,
        (array_agg(event ->> 'name' order by sequence desc) filter (where event ? 'name'))[1] as name,
        count(*)::int as version
      from annals_demo_1.user_events group by id`);
    const stored = expected.users.map(({ email, name, version }) => ({ email, name, version }));
    expect(byEmail(rows)).toEqual(byEmail(stored));
  });

  it("refuses the lines that a Map refuses, with number and reason", () => {
    expect(refusedIn(run.output)).toEqual(expected.refused);
  });

  it("has every kind of line to refuse, and lines that hold already", () => {
    expect(new Set(expected.refused.map(({ reason }) => reason))).toEqual(
      new Set([
        ...["not-json", "unknown-command", "invalid-fields", "invalid-value"],
        ...["unknown-user", "email-taken", "suspended"],
      ]),
    );
    expect(expected.alreadyApplied).toBeGreaterThan(100);
    expect(expected.blank).toBeGreaterThan(10);
  });

  it("counts the lines as a Map does", () => {
    const { applied, alreadyApplied, blank, refused } = expected;
    const total = applied + alreadyApplied + blank + refused.length;
    expect(run.output).toContain(`${total.toLocaleString("en")} lines in `);
    for (const [label, count] of Object.entries({
      applied,
      "already applied": alreadyApplied,
      blank,
      refused: refused.length,
    })) {
      expect(run.output).toMatch(new RegExp(`^ {2}${label} +${count.toLocaleString("en")}$`, "m"));
    }
  });

  it("counts every signup once", async () => {
    const [row] = await query("select sum(signups)::int as n from annals_demo_1.signups_per_day");
    expect(row).toEqual({ n: expected.users.length });
  });

  it("shows lookups, a page, a history, and its own check", () => {
    for (const title of ["Lookups", "The newest suspended", "The longest history", "Signups"]) {
      expect(run.output).toMatch(new RegExp(`^${title}.*\n {2}\\S`, "m"));
    }
    expect(run.output).toMatch(/^ {2}ok {3}every index row equals the fold of its events/m);
  });

  it("leaves an earlier run as it is, and the framework's schema too", async () => {
    const again = await runDemo(["--file", await fileOf(REGISTER)], env);
    expect(again).toMatchObject({ exitCode: 0, errors: "" });
    expect(again.output).toContain('schema "annals_demo_2"');
    expect(again.output).toContain('schema "annals", the framework\'s, was there');
    expect(await query("select count(*)::int as n from annals_demo_1.users")).toEqual([
      { n: expected.users.length },
    ]);
    expect(await query("select email from annals_demo_2.users")).toEqual([
      { email: "ada@example.com" },
    ]);
  });
});

describe("the demo in a schema that is named", () => {
  it("goes on with what is there", async () => {
    const args = ["--schema", "annals_demo_kept", "--file"];
    await runDemo([...args, await fileOf(REGISTER)], env);
    const rename = '{"command":"rename","email":"ADA@example.com","name":"Countess"}';
    const second = await runDemo([...args, await fileOf(`${REGISTER}\n${rename}`)], env);
    expect(second).toMatchObject({ exitCode: 0, errors: "" });
    expect(refusedIn(second.output)).toEqual([{ line: 1, reason: "email-taken" }]);
    expect(await query("select version from annals_demo_kept.users")).toEqual([{ version: 2 }]);
  });
});

describe("the check", () => {
  const schema = "annals_demo_checked";
  const check = () => runDemo(["--check", "--schema", schema], env);
  let ada: string;
  beforeAll(async () => {
    const suspend = '{"command":"suspend","email":"ada@example.com","reason":"spam"}';
    const file = await fileOf(`${REGISTER}\n${suspend}\n${REGISTER.replaceAll("da", "nn")}`);
    const run = await runDemo(["--schema", schema, "--file", file], env);
    expect(run).toMatchObject({ exitCode: 0, errors: "" });
    const [row] = await query(`select id from ${schema}.users where email = 'ada@example.com'`);
    ada = String(row?.id);
  });

  it("passes over what the demo left", async () => {
    expect(await check()).toMatchObject({ exitCode: 0, errors: "" });
  });

  it.each([
    { column: "email", wrong: "'eve@example.com'", right: "'ada@example.com'" },
    { column: "status", wrong: "'active'", right: "'suspended'" },
    { column: "version", wrong: "9", right: "2" },
  ])("fails on a spoiled $column, and names user and column", async ({ column, wrong, right }) => {
    const set = (value: string) =>
      query(`update ${schema}.users set ${column} = ${value} where id = '${ada}'`);
    await set(wrong);
    const run = await check();
    await set(right);
    expect(run.exitCode).toBe(1);
    const [line] = run.output.split("\n").filter((text) => text.includes(`user ${ada}`));
    expect(line).toContain(column);
    expect(run.output).toMatch(/^ {2}failed: \d difference/m);
    expect(run.output).not.toContain(" ok ");
  });

  it("fails when the consumer's table and the events differ", async () => {
    await query(`update ${schema}.signups_per_day set signups = signups + 1`);
    const run = await check();
    await query(`update ${schema}.signups_per_day set signups = signups - 1`);
    expect(run.exitCode).toBe(1);
    expect(run.output).toMatch(
      /signups on \d{4}-\d\d-\d\d: the consumer wrote 3, the events say 2/,
    );
  });

  it("says so when there is nothing to check", async () => {
    const run = await runDemo(["--check", "--schema", "annals_demo_nowhere"], env);
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain('This database has no schema "annals_demo_nowhere"');
  });
});

describe("the demo called wrongly", () => {
  it.each([
    { args: ["--file", "no-such.jsonl"], says: /no-such\.jsonl: there is no such file/ },
    { args: ["--file", tmpdir()], says: /it is a directory/ },
    { args: ["--fiel", "x"], says: /Unknown option '--fiel'/ },
    { args: ["--schema", "public"], says: /must begin with annals_demo/ },
    { args: ["stray"], says: /stray/ },
  ])("says what is wrong with $args, and nothing more", async ({ args, says }) => {
    const run = await runDemo(args, env);
    expect(run.exitCode).toBe(2);
    expect(run.output).toBe("");
    expect(run.errors).toMatch(says);
    expect(run.errors).not.toMatch(/^\s+at /m);
  });

  it("says when the database cannot be reached, without its password", async () => {
    const run = await runDemo([], { DATABASE_URL: "postgres://me:secret@127.0.0.1:1/none" });
    expect(run.exitCode).toBe(1);
    expect(run.errors).toContain("ECONNREFUSED");
    expect(run.errors + run.output).not.toContain("secret");
    expect(run.errors).not.toMatch(/^\s+at /m);
  });
});

const REGISTER = '{"command":"register","email":"ada@example.com","name":"Ada"}';

const files: string[] = [];
afterAll(() => Promise.all(files.map((file) => rm(file))));

const fileOf = async (text: string): Promise<string> => {
  const file = join(tmpdir(), `${database.name}_${files.length}.jsonl`);
  files.push(file);
  await writeFile(file, text);
  return file;
};

const byEmail = <Row extends { readonly email?: unknown }>(rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => (String(a.email) < String(b.email) ? -1 : 1));
