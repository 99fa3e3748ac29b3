import { readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isCancel, text } from "@clack/prompts";
import { CliError } from "../cli-error.ts";
import { entityNames } from "../project/entity-files.ts";
import { packageText } from "../project/package-file.ts";
import { projectFiles } from "../project/project-files.ts";
import { writeNewFiles } from "../project/write-files.ts";
import { confirm } from "../terminal/confirm.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CommandContext } from "./command-context.ts";

export interface InitFlags {
  readonly entity?: string;
}

const EXAMPLE = "task";

/** `annals init`: a project that runs at once, in an empty folder or beside what is there. */
export const initCommand = async (
  context: CommandContext,
  given: string | undefined,
  { entity }: InitFlags,
): Promise<number> => {
  const { terminal } = context;
  const folder = resolve(context.cwd, given ?? ".");
  const names = entityNames(entity ?? (await askForEntity(terminal)));
  await confirm(terminal, `Write a project into ${folder}?`);
  const { written, kept } = await writeNewFiles(folder, projectFiles(names));
  const packageFile = await addPackage(folder);
  const all = packageFile === "kept" ? written : [...written, "package.json"];
  terminal.json({ folder, written: all, kept });
  for (const path of written) terminal.line(`Wrote ${path}`);
  if (packageFile !== "kept") {
    terminal.line(packageFile === "new" ? "Wrote package.json" : "Added to package.json");
  }
  for (const path of kept) terminal.line(`Left ${path} as it is`);
  terminal.line("Next: npm install, npm test, and what README.md says.");
  return 0;
};

const askForEntity = async (terminal: Terminal): Promise<string> => {
  if (terminal.isYes || !terminal.isInteractive) return EXAMPLE;
  const answer = await text({
    message: "What is the first entity called?",
    initialValue: EXAMPLE,
    input: terminal.streams.stdin as never,
    output: terminal.streams.stderr,
  });
  if (isCancel(answer)) throw new CliError("Nothing was changed");
  return answer;
};

const addPackage = async (folder: string): Promise<"new" | "added" | "kept"> => {
  const file = join(folder, "package.json");
  const present = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-");
  const after = await packageText(name, present);
  if (after === present) return "kept";
  await writeFile(file, after);
  return present === undefined ? "new" : "added";
};
