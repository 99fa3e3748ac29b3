import type { ProjectionTables, ProjectionVerification } from "@annals/kysely-adapter";
import { startProgress } from "../terminal/progress.ts";
import { writeTable } from "../terminal/table.ts";
import type { CommandContext } from "./command-context.ts";

/**
 * Compares a projection with what its handlers make of all events, and says what differs.
 *
 * @param rows whether to show rows, which may be personal.
 * @returns whether nothing does.
 */
export const verifyProjection = async (
  { terminal, signal }: CommandContext,
  projection: ProjectionTables,
  rows: boolean,
): Promise<boolean> => {
  const progress = startProgress(terminal, projection.name);
  const found = await projection.verify({ signal });
  progress.end(`${projection.name}: compared at position ${found.position.toLocaleString("en")}`);
  terminal.json(rows ? found : withoutRows(found));
  if (!found.finished) {
    terminal.line(
      `${projection.name} was not compared to the end: stopped, compared elsewhere, or reset.`,
    );
    return false;
  }
  const counted = found.tables.reduce((sum, table) => sum + table.rows, 0);
  const differing = found.tables.reduce((sum, one) => sum + one.unexpected + one.missing, 0);
  const mark = found.matches ? terminal.style("green", "✓") : terminal.style("red", "✗");
  terminal.line(`${mark} ${projection.name}: ${counted} compared, ${differing} differ`);
  if (found.matches) return true;
  writeTable(
    terminal,
    ["table", "too many", "missing"],
    found.tables.map(({ table, unexpected, missing }) => [table, unexpected, missing]),
  );
  if (rows) writeRows(found, (line) => terminal.line(line));
  terminal.line(`annals projections rebuild ${projection.name} makes them what the events say.`);
  return false;
};

const withoutRows = ({ tables, ...found }: ProjectionVerification) => ({
  ...found,
  tables: tables.map(({ samples: _, ...table }) => table),
});

const writeRows = ({ tables }: ProjectionVerification, line: (text: string) => void): void => {
  for (const { table, samples } of tables) {
    for (const row of samples.unexpected) line(`too many in ${table}: ${JSON.stringify(row)}`);
    for (const row of samples.missing) line(`missing in ${table}: ${JSON.stringify(row)}`);
  }
};
