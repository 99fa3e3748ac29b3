import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTerminal, main, piped } from "./annals.ts";

const run = promisify(execFile);
const tsc = join(import.meta.dirname, "../../../node_modules/.bin/tsc");

let root: string;
beforeAll(async () => {
  // Inside of the package, so that what is imported is found as if it were installed.
  root = await mkdtemp(join(import.meta.dirname, "project-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Runs one of the project's own files, or its tests. */
const node = (cwd: string, databaseUrl: string, ...words: string[]) => {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  return run(process.execPath, ["--conditions=@annals/source", ...words], { cwd, env });
};

describe("annals init", () => {
  it("writes a project that runs, passes its tests and type-checks, and takes another entity", async () => {
    const { connectionString } = await testDatabase();
    const written = await piped(["init", "shop", "--entity", "orderLine", "--yes"], { cwd: root });
    expect(written).toEqual({
      exitCode: 0,
      stdout: `Wrote annals.config.ts
Wrote src/order-line.ts
Wrote src/order-line.test.ts
Wrote src/main.ts
Wrote tsconfig.json
Wrote .gitignore
Wrote README.md
Wrote package.json
Next: npm install, npm test, and what README.md says.
`,
      stderr: "",
    });
    const cwd = join(root, "shop");
    const here = { cwd, databaseUrl: connectionString };
    // As if it were installed; everything else is found further up.
    await mkdir(join(cwd, "node_modules/@annals"), { recursive: true });
    await symlink(join(import.meta.dirname, ".."), join(cwd, "node_modules/@annals/cli"));
    expect(await piped(["generate"], here)).toMatchObject({
      stderr: "",
      stdout: expect.stringContaining("orderLine: the entity is added"),
    });
    expect((await piped(["migrate"], here)).stdout).toContain("0001_orderline_entity_added");
    expect((await piped(["check"], here)).exitCode).toBe(0);
    const started = await node(cwd, connectionString, "src/main.ts");
    expect(started.stdout).toMatch(/^orderLine \S{36} is "Second", at version 2\.\n$/);
    const added = await piped(["new", "entity", "invoice", "--yes"], here);
    expect(added).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Added Invoice to annals.config.ts"),
    });
    const config = await readFile(join(cwd, "annals.config.ts"), "utf8");
    expect(config).toContain("defineConfig({ entities: [OrderLine, Invoice] })");
    const tested = await node(cwd, connectionString, "--test");
    expect(tested.stdout).toMatch(/pass [68]\b[\s\S]*fail 0/);
    const conditions = ["--customConditions", "@annals/source"];
    await run(tsc, ["-p", cwd, ...conditions]);
  });

  it("adds to a folder without changing what is there", async () => {
    const cwd = await mkdtemp(join(root, "present-"));
    const present = { name: "mine", scripts: { test: "vitest" }, dependencies: { zod: "4.1.0" } };
    await writeFile(join(cwd, "package.json"), JSON.stringify(present));
    await writeFile(join(cwd, "README.md"), "# Mine\n");
    const { stdout } = await piped(["init", "--yes"], { cwd });
    expect(stdout).toContain("Added to package.json\nLeft README.md as it is\n");
    expect(await readFile(join(cwd, "README.md"), "utf8")).toBe("# Mine\n");
    const after = JSON.parse(await readFile(join(cwd, "package.json"), "utf8"));
    expect(after).toMatchObject({
      name: "mine",
      scripts: { test: "vitest", generate: "annals generate" },
      dependencies: { zod: "4.1.0", kysely: expect.any(String) },
    });
    expect(await readdir(join(cwd, "src"))).toEqual(["main.ts", "task.test.ts", "task.ts"]);
    const again = await piped(["init", "--yes", "--json"], { cwd });
    expect(JSON.parse(again.stdout)).toMatchObject({ written: [] });
  });

  it("asks for the entity's name, and before it writes", async () => {
    const cwd = await mkdtemp(join(root, "asked-"));
    const unasked = await piped(["init"], { cwd });
    expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Pass --yes") });
    expect(await readdir(cwd)).toEqual([]);
    const answers = [
      { when: /first entity called/, type: "\r" },
      { when: /Write a project/, type: "y" },
    ];
    const agreed = await inTerminal(["init"], { cwd }, answers);
    expect(agreed).toMatchObject({ exitCode: 0, screen: expect.stringContaining("src/task.ts") });
  });

  it.each<[what: string, words: string[], error: RegExp]>([
    ["a name that is none", ["new", "entity", "Order-Line", "-y"], /is no name for an entity.*or/s],
    ["an entity that is there", ["new", "entity", "member", "-y"], /There is an entity "member"/],
  ])("refuses %s", async (_, words, error) => {
    const { exitCode, stderr } = await piped(words, { cwd: join(import.meta.dirname, "project") });
    expect(stderr).toMatch(error);
    expect(exitCode).toBe(2);
  });
});

describe("annals completion", () => {
  /** What bash offers after these words, by the script that annals writes. */
  const offered = async (...words: string[]): Promise<string[]> => {
    const cwd = join(import.meta.dirname, "project");
    const script = `source <("$ANNALS" completion bash)
# What the package bash-completion brings.
_get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${words[cword]}"; prev="\${words[cword-1]}"; }
COMP_WORDS=(annals "$@"); COMP_CWORD=$#; COMP_LINE="annals $*"; COMP_POINT=\${#COMP_LINE}
__annals_complete
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const shim = join(root, "annals");
    const line = `#!/bin/sh\nexec '${process.execPath}' --conditions=@annals/source '${main}' "$@"\n`;
    await writeFile(shim, line);
    await chmod(shim, 0o755);
    const env = { ...process.env, ANNALS: shim, PATH: `${root}:${process.env.PATH}` };
    const { stdout } = await run("bash", ["-c", script, "annals", ...words], { cwd, env });
    return stdout.split("\n").filter((word) => word !== "");
  };

  it("completes commands, entities and events in bash", async () => {
    expect(await offered("ver")).toEqual(["verify"]);
    expect(await offered("verify", "")).toEqual(["member"]);
    expect(await offered("tail", "--type", "J")).toEqual(["Joined"]);
  });

  it.each(["zsh", "fish"])("writes a script for %s", async (shell) => {
    const cwd = join(import.meta.dirname, "project");
    const { stdout } = await node(cwd, "", main, "completion", shell);
    expect(stdout).toContain("annals complete --");
  });
});
