import { join } from "node:path";
import { annalsPool, createConsumer, createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTerminal, piped } from "./annals.ts";
import { migrated } from "./migrated.ts";
import { Member } from "./project/member.ts";

const cwd = join(import.meta.dirname, "project");
const { connectionString } = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
const here = { cwd, databaseUrl: connectionString };
const members = createRepository(Member, { db });
const handled: string[] = [];
let isBroken = true;
const greeter = createConsumer(db, {
  name: "greeter",
  topics: [Member],
  retry: { attempts: 1 },
  on: {
    Joined: async ({ email }) => {
      if (isBroken) throw new Error("out of stamps");
      handled.push(email);
    },
  },
});

beforeAll(async () => {
  await migrated(db);
  await members.create({ email: "ada@example.com" });
  await members.create({ email: "bob@example.com" });
  await greeter.catchUp();
});
afterAll(() => db.destroy());

const letters = (...words: string[]) => piped(["consumers", "dead-letters", ...words], here);
const listed = async (...words: string[]) => {
  const { stdout } = await letters("list", "greeter", "--json", ...words);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as { position: number; status: string });
};

it("lists dead letters, has one tried again and passes over another", async () => {
  const { stdout } = await letters("list", "greeter");
  expect(stdout).toMatch(/^position +event +of +status +attempts +error\n/);
  expect(stdout.match(/Joined +member \S+\/1 +dead +1 +Error: out of stamps\n/g)).toHaveLength(2);
  const [first, second] = await listed();

  const unasked = await letters("redrive", "greeter");
  expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Pass --yes") });
  const unclear = await letters("discard", "greeter", "--reason", "no", "--yes");
  expect(unclear).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--position") });

  const redriven = await letters("redrive", "greeter", "--position", `${first?.position}`, "-y");
  expect(redriven.stdout).toBe("1 will be tried again.\n");
  isBroken = false;
  await greeter.catchUp();
  expect(handled).toEqual(["ada@example.com"]);

  const which = ["--position", `${second?.position}`];
  const discarded = await letters("discard", "greeter", ...which, "--reason", "moved", "-y");
  expect(discarded.stdout).toBe("1 discarded.\n");
  await greeter.catchUp();
  expect(handled).toEqual(["ada@example.com"]);
  expect((await letters("list", "greeter")).stdout).toBe("greeter has no dead letters.\n");
});

const run = (...words: string[]) => piped(["consumers", ...words], here);

it("shows one dead letter, with what the event says only when asked for", async () => {
  const [discarded] = await listed("--status", "discarded");
  const shown = await letters("show", "greeter", `${discarded?.position}`);
  expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^\nJoined of member \S+\/1\n/);
  expect(shown.stdout).toMatch(/ status +"discarded"\n/);
  expect(shown.stdout).toMatch(/ reason +"moved"\n/);
  expect(shown.stdout).toMatch(/ error message +"out of stamps"\n/);
  expect(shown.stdout).not.toContain("bob@example.com");
  const whole = ["show", "greeter", `${discarded?.position}`, "--payload"];
  expect((await letters(...whole)).stdout).toContain("bob@example.com");
  expect(JSON.parse((await letters(...whole, "--json")).stdout)).toMatchObject({
    status: "discarded",
    event: [{ type: "Joined", email: "bob@example.com" }],
  });
  expect(await letters("show", "greeter", "999")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/no dead letter at position 999[\s\S]*dead-letters list greeter/),
  });
});

it("tells how far consumers have come, all of them or one with its slots", async () => {
  const { stdout } = await run();
  expect(stdout).toMatch(
    /^consumer +topics +condition +behind +oldest +held keys +dead letters\ngreeter +member +idle +0 +0 +0\n$/,
  );
  const one = await run("status", "greeter");
  expect(one.stdout).toMatch(
    /\nslot {2}position {2}condition {2}behind {2}oldest {2}run {2}fails on\n0 +\d+ +idle +0\n$/,
  );
  expect(JSON.parse((await run("--json")).stdout)).toMatchObject({
    name: "greeter",
    condition: "idle",
    eventsBehind: 0,
    slots: [{ slot: 0, owner: null }],
  });
  expect((await inTerminal(["consumers"], here)).screen).toContain("greeter");
});

it("pauses, resumes and resets, asking first", async () => {
  const refused = await inTerminal(["consumers", "pause", "greeter"], here, [
    { when: /\?/, type: "n" },
  ]);
  expect(refused).toMatchObject({ exitCode: 2, screen: expect.stringContaining("Nothing was") });
  expect((await run()).stdout).not.toContain("paused");
  for (const words of [["pause"], ["resume"], ["reset", "--to", "0"]]) {
    const [verb = "", ...more] = words;
    expect(await run(verb, "greeter", ...more)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Pass --yes"),
    });
  }
  const paused = await run("pause", "greeter", "--because", "a move", "--yes");
  expect(paused).toMatchObject({ exitCode: 0, stdout: "greeter is paused.\n" });
  expect((await run()).stdout).toContain("paused: a move");
  await expect(greeter.catchUp()).rejects.toMatchObject({ code: "ANNALS_CONSUMER_PAUSED" });
  expect((await run("resume", "greeter", "--yes")).stdout).toBe("greeter goes on.\n");
  const reset = await run("reset", "greeter", "--to", "0", "--yes", "--json");
  expect(JSON.parse(reset.stdout)).toMatchObject({ name: "greeter", slots: [{ position: 0 }] });
  handled.length = 0;
  await greeter.catchUp();
  expect(handled).toEqual(["ada@example.com", "bob@example.com"]);
});

it("resets to a place in time", async () => {
  const to = async (place: string): Promise<number> => {
    const { stdout } = await run("reset", "greeter", "--to", place, "--yes", "--json");
    return (JSON.parse(stdout) as { slots: { position: number }[] }).slots[0]?.position as number;
  };
  const { rows } = await sql<{ first: string; last: string; at: string }>`select
      min(position)::text as first, max(position)::text as last,
      to_json(max(recorded_at)) #>> '{}' as at from member_events`.execute(db);
  const [found] = rows;
  expect(await to("beginning")).toBe(0);
  expect(await to("now")).toBe(Number(found?.last));
  expect(await to("1h")).toBe(Number(found?.first) - 1);
  const beforeLast = await to(found?.at ?? "");
  expect(beforeLast).toBeLessThan(Number(found?.last));
  expect(beforeLast).toBeGreaterThanOrEqual(Number(found?.first) - 1);
  expect(await to("2999-01-01T00:00:00Z")).toBe(Number(found?.last));
  expect(await to("1")).toBe(1);
});

describe("in a terminal", () => {
  const yes = [{ when: /\?/, type: "y" }];
  const no = [{ when: /\?/, type: "n" }];
  const states = async () => (await listed("--status", "dead")).map(({ status }) => status);
  const asked = (words: readonly string[], answers: typeof yes) =>
    inTerminal(["consumers", ...words], here, answers);
  const refused = { exitCode: 2, screen: expect.stringContaining("Nothing was changed") };

  it("asks before a consumer goes on, and says that it does", async () => {
    await run("pause", "greeter", "--because", "a move", "--yes");
    expect(await asked(["resume", "greeter"], no)).toMatchObject(refused);
    expect((await run()).stdout).toContain("paused: a move");
    const { exitCode, screen } = await asked(["resume", "greeter"], yes);
    expect(screen).toContain("Resume greeter?");
    expect(screen).toContain("greeter goes on.");
    expect(exitCode).toBe(0);
    expect((await run()).stdout).not.toContain("paused");
  });

  it("asks before a consumer is reset, and says where it begins", async () => {
    await greeter.catchUp();
    const before = (await run("--json")).stdout;
    const reset = ["reset", "greeter", "--to", "beginning"];
    expect(await asked(reset, no)).toMatchObject(refused);
    expect((await run("--json")).stdout).toBe(before);
    const { exitCode, screen } = await asked(reset, yes);
    expect(screen).toContain("Have greeter handle everything from the beginning on?");
    expect(screen).toContain("greeter begins after position 0.");
    expect(exitCode).toBe(0);
    isBroken = true;
    await greeter.catchUp();
    expect(await states()).toEqual(["dead", "dead"]);
  });

  it("asks before dead letters are tried again, and says how many", async () => {
    const redrive = ["dead-letters", "redrive", "greeter"];
    expect(await asked(redrive, no)).toMatchObject(refused);
    expect(await states()).toEqual(["dead", "dead"]);
    const { exitCode, screen } = await asked(redrive, yes);
    expect(screen).toContain("Try dead letters of greeter again?");
    expect(screen).toContain("2 will be tried again.");
    expect(exitCode).toBe(0);
    expect(await states()).toEqual([]);
    await greeter.catchUp();
    expect(await states()).toEqual(["dead", "dead"]);
  });

  it("asks before dead letters are passed over, and says how many", async () => {
    const discard = ["dead-letters", "discard", "greeter", "--all", "--reason", "no stamps"];
    expect(await piped(["consumers", ...discard], here)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Pass --yes"),
    });
    expect(await asked(discard, no)).toMatchObject(refused);
    expect(await states()).toEqual(["dead", "dead"]);
    const { exitCode, screen } = await asked(discard, yes);
    expect(screen).toContain("Pass over dead letters of greeter for good?");
    expect(screen).toContain("2 discarded.");
    expect(exitCode).toBe(0);
    expect(await states()).toEqual([]);
    isBroken = false;
  });
});

it.each([
  [["reset", "greeter", "--to", "soon"], /"soon" is no place to begin at/],
  [["status", "gretter"], /no consumer "gretter"[\s\S]*The consumers are greeter/],
  [["puase", "greeter"], /too many arguments/],
  [["pause", "gretter", "--yes"], /no consumer "gretter"/],
  [["dead-letters", "list", "gretter"], /no consumer "gretter"/],
  [["dead-letters", "list", "greeter", "--status", "gone"], /Allowed choices are retrying/],
  [["reset", "greeter"], /--to <place>/],
])("says what is wrong with %j", async (words, error) => {
  const { exitCode, stderr } = await run(...words);
  expect(stderr).toMatch(error);
  expect(exitCode).toBe(2);
});
