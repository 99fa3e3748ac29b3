import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { importHistories } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import { keysOf } from "../config/keys.ts";
import { confirm } from "../terminal/confirm.ts";
import { startProgress } from "../terminal/progress.ts";
import type { CommandContext } from "./command-context.ts";

export interface ImportFlags {
  readonly dryRun?: boolean;
  readonly keepUnknownFields?: boolean;
}

/** What is read, and how far. */
interface Source {
  readonly stream: Readable;
  /** In bytes; 0 where nobody can tell. */
  readonly size: number;
  readonly read: () => number;
}

/** `annals import users.jsonl`: takes in what `annals export` wrote. Exit code 1 says that some was refused. */
export const importCommand = (
  context: CommandContext,
  file: string,
  flags: ImportFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal, signal } = context;
    const source = file === "-" ? standardInput(context) : await fileNamed(context, file);
    if (!flags.dryRun) await confirm(terminal, `Import ${file === "-" ? "what is read" : file}?`);
    const progress = startProgress(terminal, "import");
    const lines = createInterface({ input: source.stream, crlfDelay: Number.POSITIVE_INFINITY });
    const done = await importHistories(db, config.entities, lines, {
      ...keysOf(config),
      ...flags,
      signal,
      onProgress: () => progress.report({ done: source.read(), total: source.size }),
      onRefused: (refused) => {
        terminal.json({ refused });
        terminal.line(`${terminal.style("red", "✗")} line ${refused.line}: ${refused.problem}`);
      },
    });
    source.stream.destroy();
    progress.end("import: done");
    terminal.json(done);
    const verb = flags.dryRun ? "would be imported" : "imported";
    terminal.line(
      `${done.imported} ${verb}, ${done.present} were there already, ${done.refused} refused`,
    );
    if (!done.finished)
      terminal.line("Stopped before the end; the same command goes on from here.");
    return done.refused === 0 && done.finished ? 0 : 1;
  });

const standardInput = ({ terminal }: CommandContext): Source => ({
  stream: terminal.streams.stdin,
  size: 0,
  read: () => 0,
});

const fileNamed = async ({ cwd }: CommandContext, name: string): Promise<Source> => {
  const file = resolve(cwd, name);
  const found = await stat(file).catch((cause: Error) => {
    throw new CliError(`${name} cannot be read: ${cause.message}`, undefined, { cause });
  });
  if (found.isDirectory()) throw new CliError(`${name} is a folder`, "Name a file of JSON Lines.");
  const stream = createReadStream(file);
  return { stream, size: found.size, read: () => stream.bytesRead };
};
