import { type Verification, verify } from "@annals/kysely-adapter";
import { keysOf } from "../config/keys.ts";
import { startProgress } from "../terminal/progress.ts";
import { writeTable } from "../terminal/table.ts";
import { type CommandContext, entitiesNamed } from "./command-context.ts";

export interface VerifyFlags {
  readonly sample?: number;
  readonly batchSize?: number;
  readonly concurrency?: number;
}

/** `annals verify`: folds events and compares with the index rows. Exit code 1 says that some differ. */
export const verifyCommand = (
  context: CommandContext,
  names: readonly string[],
  flags: VerifyFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal, signal } = context;
    let isClean = true;
    for (const definition of entitiesNamed(config, names)) {
      const progress = startProgress(terminal, definition.name);
      const onProgress = progress.report;
      const found = await verify(db, definition, {
        ...flags,
        ...keysOf(config),
        signal,
        onProgress,
      });
      progress.end(`${definition.name}: ${found.checked.toLocaleString("en")} compared`);
      report(context, found);
      if (found.differing > 0) isClean = false;
    }
    return isClean ? 0 : 1;
  });

const report = ({ terminal }: CommandContext, found: Verification): void => {
  terminal.json(found);
  const { entity, checked, differing, differences, skipped } = found;
  const mark = differing === 0 ? terminal.style("green", "✓") : terminal.style("red", "✗");
  const moving = skipped === 0 ? "" : `, ${skipped} kept changing and were left out`;
  terminal.line(`${mark} ${entity}: ${checked} compared, ${differing} differ${moving}`);
  if (differing === 0) return;
  writeTable(
    terminal,
    ["id", "columns", "problem"],
    differences.map(({ id, columns, problem }) => [id, columns.join(", "), problem]),
  );
  terminal.line(`annals rebuild ${entity} makes the index rows what the events say.`);
};
