import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { access, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { exportHistories } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import { confirm } from "../terminal/confirm.ts";
import { startProgress } from "../terminal/progress.ts";
import { type CommandContext, entitiesNamed } from "./command-context.ts";

export interface ExportFlags {
  readonly out?: string;
}

/** Where the lines go. */
interface Sink {
  write(lines: readonly string[]): Promise<void>;
  /** Keeps what was written, or takes it back. */
  end(isComplete: boolean): Promise<void>;
}

/**
 * `annals export user --out users.jsonl`: histories as JSON Lines, all of one moment. A file appears under
 * its name only when it is complete.
 */
export const exportCommand = (
  context: CommandContext,
  names: readonly string[],
  { out }: ExportFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal, signal } = context;
    const definitions = entitiesNamed(config, names);
    const sink = out === undefined ? standardOutput(context) : await fileAt(context, out);
    let isComplete = false;
    try {
      await db
        .transaction()
        .setIsolationLevel("repeatable read")
        .setAccessMode("read only")
        .execute(async (tx) => {
          for (const definition of definitions) {
            const progress = startProgress(terminal, definition.name);
            let count = 0;
            const options = { onProgress: progress.report };
            for await (const lines of exportHistories(tx, definition, options)) {
              if (signal.aborted) throw new CliError("Stopped before the end");
              await sink.write(lines);
              count += lines.length;
            }
            progress.end(`${definition.name}: ${count.toLocaleString("en")} exported`);
            if (!terminal.isWatched) terminal.note(`${definition.name}: ${count} exported`);
          }
        });
      isComplete = true;
    } finally {
      await sink.end(isComplete);
    }
    if (out !== undefined) terminal.note(`Wrote ${out}`);
    return 0;
  });

const standardOutput = ({ terminal }: CommandContext): Sink => ({
  write: async (lines) => {
    terminal.text(`${lines.join("\n")}\n`);
    await terminal.drained();
  },
  end: async () => {},
});

const fileAt = async (context: CommandContext, out: string): Promise<Sink> => {
  const file = resolve(context.cwd, out);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) await confirm(context.terminal, `${out} is there already. Write it anew?`);
  const partial = `${file}.partial`;
  const stream = createWriteStream(partial);
  await once(stream, "open").catch((cause: Error) => {
    throw new CliError(`${out} cannot be written: ${cause.message}`, undefined, { cause });
  });
  return {
    write: async (lines) => {
      if (!stream.write(`${lines.join("\n")}\n`)) await once(stream, "drain");
    },
    end: async (isComplete) => {
      stream.end();
      await once(stream, "close");
      await (isComplete ? rename(partial, file) : rm(partial));
    },
  };
};
