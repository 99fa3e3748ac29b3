import { rebuild } from "@annals/kysely-adapter";
import { keysOf } from "../config/keys.ts";
import { confirm } from "../terminal/confirm.ts";
import { startProgress } from "../terminal/progress.ts";
import { type CommandContext, entitiesNamed } from "./command-context.ts";

export interface RebuildFlags {
  readonly restart?: boolean;
  readonly batchSize?: number;
  readonly concurrency?: number;
}

/** `annals rebuild`: makes the index rows what the events fold into. Exit code 1: some could not be folded. */
export const rebuildCommand = (
  context: CommandContext,
  names: readonly string[],
  flags: RebuildFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal, signal } = context;
    const definitions = entitiesNamed(config, names);
    await confirm(
      terminal,
      `Rebuild the index rows of ${definitions.map(({ name }) => name).join(", ")}?`,
    );
    let isClean = true;
    for (const definition of definitions) {
      const progress = startProgress(terminal, definition.name);
      const onProgress = progress.report;
      const done = await rebuild(db, definition, {
        ...flags,
        ...keysOf(config),
        signal,
        onProgress,
      });
      progress.end(`${definition.name}: ${done.checked.toLocaleString("en")} looked at`);
      terminal.json(done);
      terminal.line(`${done.entity}: ${done.checked} looked at, ${done.repaired} changed`);
      if (done.droppedSnapshots > 0)
        terminal.line(`${done.entity}: ${done.droppedSnapshots} wrong snapshots dropped`);
      for (const { id, problem } of done.differences) terminal.line(`  ${id} was left: ${problem}`);
      if (!done.finished)
        terminal.line("Stopped before the end; the same command goes on from here.");
      if (done.unfoldable > 0 || !done.finished) isClean = false;
    }
    return isClean ? 0 : 1;
  });
