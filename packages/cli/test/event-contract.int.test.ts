import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, expect, it } from "vitest";
import { piped } from "./annals.ts";

const { connectionString: databaseUrl } = await testDatabase();
const cwd = await mkdtemp(join(tmpdir(), "annals-contract-"));
afterAll(() => rm(cwd, { recursive: true }));

/** Runs a command with one variant of the project. */
const run = async (variant: string, ...words: readonly string[]) => {
  const source = new URL("./contract/variants.ts", import.meta.url).pathname;
  const config = join(cwd, `${variant}.config.mjs`);
  await writeFile(
    config,
    `const { variants } = await import(${JSON.stringify(source)});
export default { entities: [variants.${variant}], migrations: "migrations" };`,
  );
  return piped([...words, "--config", config], { cwd, databaseUrl });
};
const lock = () => readFile(join(cwd, "migrations/annals.lock.json"), "utf8");

it("is committed, compared, and kept unless an event gets a new version", async () => {
  expect(await run("first", "generate")).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(await lock()).entities.letter.events).toEqual({
    Sent: {
      1: { type: "object", properties: { to: { type: "string" } }, required: ["to"] },
    },
  });
  expect(await run("first", "migrate")).toMatchObject({ exitCode: 0 });
  expect(await run("first", "check")).toMatchObject({ exitCode: 0 });

  const outdated = await run("wider", "check");
  expect(outdated.exitCode).toBe(1);
  expect(outdated.stdout).toContain("does not have the schemas of the events as they are now");

  const committed = await lock();
  const broken = await run("narrower", "check");
  expect(broken.exitCode).toBe(1);
  expect(broken.stdout).toContain("event Sent, version 1");
  expect(broken.stdout).toContain("urgent is required, and was not.");
  expect(broken.stdout).toContain("Keep the old schema in versions");
  const refused = await run("narrower", "generate");
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toContain("--change letter.Sent");
  expect(await lock()).toBe(committed);

  const updated = await run("versioned", "generate");
  expect(updated).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("No migration is needed."),
  });
  expect(Object.keys(JSON.parse(await lock()).entities.letter.events.Sent)).toEqual(["1", "2"]);
  expect(await run("versioned", "check")).toMatchObject({ exitCode: 0 });
  expect((await run("first", "check")).stdout).toContain("event Sent, version 2");
});

it("gives way where that is asked for by name, as before anything is stored", async () => {
  await run("first", "generate", "--change", "letter.Sent");
  expect(await run("narrower", "generate", "--change", "letter.Sent")).toMatchObject({
    exitCode: 0,
  });
  expect(await run("narrower", "check")).toMatchObject({ exitCode: 0 });
});

it("reports a definition that no migration has caught up with", async () => {
  const before = await lock();
  await writeFile(
    join(cwd, "migrations/annals.lock.json"),
    before.replaceAll("letter_events_immutable", "letter_events_guarded"),
  );
  const { exitCode, stdout } = await run("narrower", "check");
  expect(exitCode).toBe(1);
  expect(stdout).toContain(
    "No migration says this yet: the trigger letter_events_immutable is added.",
  );
});
