import { spawn } from "node:child_process";
import { join } from "node:path";
import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTerminal, main, piped } from "./annals.ts";
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
let ada: string;
let bob: string;

beforeAll(async () => {
  await migrated(db);
  const first = await members.create({ email: "ada@example.com" });
  ada = first.id;
  bob = (await members.create({ email: "bob@example.com" })).id;
  first.choose("paid");
  await members.update(first);
});
afterAll(() => db.destroy());

interface Tailed {
  readonly id: string;
  readonly sequence: number;
  readonly position: number;
  readonly recordedAt: string;
  readonly event: { readonly type: string };
}

const lines = (stdout: string): Tailed[] =>
  stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const tail = async (...words: string[]): Promise<Tailed[]> => {
  const { exitCode, stdout, stderr } = await piped(["tail", "--json", ...words], here);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return lines(stdout);
};
const types = async (...words: string[]) => (await tail(...words)).map(({ event }) => event.type);

describe("annals tail", () => {
  it("writes events in the order of their positions", async () => {
    const { stdout } = await piped(["tail", "member"], here);
    expect(stdout.replaceAll(/\d{4}-\S+Z/g, "TIME")).toBe(
      [
        `TIME  member ${ada}/1  Joined  {"email":"ada@example.com"}`,
        `TIME  member ${bob}/1  Joined  {"email":"bob@example.com"}`,
        `TIME  member ${ada}/2  PlanChosen  {"plan":"paid"}`,
        "",
      ].join("\n"),
    );
    const positions = (await tail()).map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
  });

  it("filters by type, id and how many", async () => {
    expect(await types("--type", "PlanChosen")).toEqual(["PlanChosen"]);
    expect(await types("--id", ada)).toEqual(["Joined", "PlanChosen"]);
    expect(await types("--id", ada, bob, "--type", "Joined")).toEqual(["Joined", "Joined"]);
    expect(await types("--last", "1")).toEqual(["PlanChosen"]);
    expect(await types("--last", "2", "--type", "Joined")).toEqual(["Joined", "Joined"]);
    expect(await types("--last", "0")).toEqual([]);
    expect(await types("--all")).toHaveLength(3);
  });

  it("filters by time", async () => {
    const [, second, third] = (await tail("--all")) as [Tailed, Tailed, Tailed];
    const since = await tail("--since", third.recordedAt);
    expect(since.at(-1)).toEqual(third);
    expect(since.every(({ recordedAt }) => recordedAt >= third.recordedAt)).toBe(true);
    expect(await tail("--since", second.recordedAt)).toContainEqual(second);
    expect(await tail("--since", "1h")).toHaveLength(3);
    expect(await tail("--since", "2999-01-01T00:00:00Z")).toEqual([]);
  });

  it.each<[what: string, words: string[], error: RegExp]>([
    ["an unknown topic", ["orders"], /no topic "orders".*The topics are member/s],
    ["an unknown type", ["--type", "Nope"], /No topic has an event "Nope".*Joined/s],
    ["an id that is none", ["--id", "ada"], /"ada" is no id of an entity/],
    ["a time that is none", ["--since", "soon"], /"soon" is no time.*15m/s],
    ["two beginnings", ["--all", "--last", "3"], /each say where to begin/],
  ])("says what is wrong with %s", async (_, words, error) => {
    const { exitCode, stderr } = await piped(["tail", ...words], here);
    expect(stderr).toMatch(error);
    expect(exitCode).toBe(2);
  });

  it("loses nothing while it follows transactions that commit out of order, and registers nobody", async () => {
    const stop = new AbortController();
    const expected = new Set<string>();
    let total = Number.POSITIVE_INFINITY;
    const following = piped(["tail", "--json", "--last", "0", "--follow"], {
      ...here,
      signal: stop.signal,
      onOutput: (stdout) => {
        if (stdout.split("\n").length > total) stop.abort();
      },
    });
    const writer = async (name: number): Promise<void> => {
      for (let at = 0; at < 15; at += 1) {
        await db.transaction().execute(async (tx) => {
          const one = await members.create({ email: `${name}-${at}@example.com` }, { tx });
          await sql`select pg_sleep(random() * 0.03)`.execute(tx);
          one.choose("paid");
          await members.update(one, { tx });
          expected.add(`${one.id}/1`).add(`${one.id}/2`);
        });
      }
    };
    // Begins where the topic ends, so what follows must not be written before it has looked.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await Promise.all([1, 2, 3, 4].map(writer));
    total = expected.size;
    const late = await members.create({ email: "late@example.com" });
    expected.add(`${late.id}/1`);
    total = expected.size;
    const giveUp = setTimeout(() => stop.abort(), 10_000);
    const { exitCode, stdout, stderr } = await following;
    clearTimeout(giveUp);
    const seen = lines(stdout);
    const names = seen.map(({ id, sequence }) => `${id}/${sequence}`);
    expect(names.toSorted()).toEqual([...expected].toSorted());
    const positions = seen.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { rows } = await sql`select name from annals.consumers`.execute(db);
    expect(rows).toEqual([]);
  });

  it("goes on after its connections were lost", async () => {
    const stop = new AbortController();
    const eve = { email: "eve@example.com" };
    let isTold = false;
    let isCutting = false;
    // Connections that are cut while nothing runs on them are replaced unnoticed.
    const cutUntilTold = async (): Promise<void> => {
      while (!isTold && !stop.signal.aborted) {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'annals' and datname = current_database()`.execute(db);
      }
      await members.create(eve);
    };
    const following = piped(["tail", "--follow", "--last", "1"], {
      ...here,
      signal: stop.signal,
      onOutput: (stdout, stderr) => {
        isTold = stderr.includes("Trying again");
        if (!isCutting) void cutUntilTold();
        isCutting = true;
        if (stdout.includes(eve.email)) stop.abort();
      },
    });
    const giveUp = setTimeout(() => stop.abort(), 15_000);
    const { exitCode, stdout, stderr } = await following;
    clearTimeout(giveUp);
    expect(stdout.split("\n").filter((line) => line.includes(eve.email))).toHaveLength(1);
    expect(stderr).toContain("Trying again");
    expect(exitCode).toBe(0);
  });

  it("ends in order at Ctrl-C, and has colours on a terminal only", async () => {
    const ended = await inTerminal(["tail", "--follow"], here, [
      { when: /eve@example/, type: "\u0003" },
    ]);
    expect(ended.exitCode).toBe(0);
    expect(ended.screen).toContain("\u001b[1mJoined");
    expect((await piped(["tail"], here)).stdout).not.toContain("\u001b[");
  });

  it("ends when its reader has enough", async () => {
    const options = { cwd, env: { ...process.env, DATABASE_URL: database.connectionString } };
    const child = spawn(
      process.execPath,
      ["--conditions=@annals/source", main, "tail", "--all", "--follow"],
      options,
    );
    child.stdout.once("data", () => {
      child.stdout.destroy();
      void members.create({ email: "more@example.com" });
    });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    const exitCode = await new Promise((resolve) => child.once("exit", resolve));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});
