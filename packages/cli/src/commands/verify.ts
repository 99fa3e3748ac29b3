import { type Verification, verify } from "@annals/kysely-adapter";
import { keysOf } from "../config/keys.ts";
import { startProgress } from "../terminal/progress.ts";
import { writeTable } from "../terminal/table.ts";
import { type CommandContext, entitiesNamed } from "./command-context.ts";
import { projectionsOf } from "./projections.ts";
import { verifyProjection } from "./verify-projection.ts";

export interface VerifyFlags {
  readonly sample?: number;
  readonly batchSize?: number;
  readonly concurrency?: number;
  readonly rows?: boolean;
}

/**
 * `annals verify`: folds events and compares with the index rows, and with projections. Exit code 1 says that
 * some differ.
 */
export const verifyCommand = (
  context: CommandContext,
  names: readonly string[],
  { rows = false, ...flags }: VerifyFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal, signal } = context;
    let isClean = true;
    const projections = projectionsOf(db, config);
    const others = names.filter((name) => projections.every((one) => one.name !== name));
    const isAboutEntities = names.length === 0 || others.length > 0;
    for (const definition of isAboutEntities ? entitiesNamed(config, others) : []) {
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
    for (const projection of projections) {
      if (names.length > 0 && !names.includes(projection.name)) continue;
      if (!(await verifyProjection(context, projection, rows))) isClean = false;
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
  terminal.line(`annals rebuild ${entity} makes them what the events say.`);
};
