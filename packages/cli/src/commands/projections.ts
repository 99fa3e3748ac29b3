import type { ProjectionStatus, ProjectionTables } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { confirm } from "../terminal/confirm.ts";
import { startProgress } from "../terminal/progress.ts";
import { writeTable } from "../terminal/table.ts";
import type { CommandContext } from "./command-context.ts";

/** The project's projections, on a database. */
export const projectionsOf = (
  db: AnyDatabase,
  { projections }: LoadedConfig,
): readonly ProjectionTables[] => projections?.(db) ?? [];

/** `annals projections [projection]`: how far they are, with what rebuilds have begun and left. */
export const projectionsCommand = (
  context: CommandContext,
  name: string | undefined,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const all =
      name === undefined ? projectionsOf(db, config) : [projectionNamed(db, config, name)];
    const found = await Promise.all(all.map((one) => one.status()));
    for (const status of found) terminal.json(status);
    if (found.length === 0) terminal.line(`${config.file} names no projections.`);
    else {
      const titles = ["projection", "position", "last", "rebuilding", "replaced tables"];
      writeTable(terminal, titles, found.map(cells));
    }
    return 0;
  });

const cells = ({ name, position, last, rebuilding, old }: ProjectionStatus) => [
  ...[name, position ?? "", last],
  rebuilding === undefined ? "" : `at ${rebuilding.position}`,
  old.join(", "),
];

/** `annals projections rebuild <projection>`: derives the tables anew, beside the live ones. */
export const rebuildProjectionCommand = (
  context: CommandContext,
  name: string,
  { restart = false }: { readonly restart?: boolean },
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal, signal } = context;
    const projection = projectionNamed(db, config, name);
    await confirm(terminal, `Rebuild the tables of ${name}, and put them in the live ones' place?`);
    const progress = startProgress(terminal, name);
    const done = await projection.rebuild({
      ...{ restart, signal },
      onProgress: ({ position, last }) => progress.report({ done: position, total: last }),
    });
    progress.end(`${name}: up to position ${done.position.toLocaleString("en")}`);
    terminal.json(done);
    if (!done.finished) {
      terminal.line("Stopped before the end; the same command goes on from here.");
      return 1;
    }
    terminal.line(`${name} is rebuilt, up to position ${done.position}.`);
    terminal.line(`annals projections drop-old ${name} drops the tables that it had before.`);
    return 0;
  });

/** `annals projections drop-old <projection>`: drops the tables that its last rebuild replaced. */
export const dropOldCommand = (context: CommandContext, name: string): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const projection = projectionNamed(db, config, name);
    const { old } = await projection.status();
    if (old.length > 0) {
      await confirm(terminal, `Drop ${old.join(", ")}?`);
      await projection.dropOld();
    }
    terminal.json({ dropped: old });
    terminal.line(
      old.length === 0 ? `${name} keeps no replaced tables.` : `Dropped ${old.join(", ")}.`,
    );
    return 0;
  });

/** `annals projections discard-rebuild <projection>`: gives up a rebuild that was begun. */
export const discardRebuildCommand = (context: CommandContext, name: string): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const projection = projectionNamed(db, config, name);
    const { rebuilding } = await projection.status();
    if (rebuilding !== undefined) {
      await confirm(
        terminal,
        `Give up the rebuild of ${name}, which is at position ${rebuilding.position}?`,
      );
      await projection.discardRebuild();
    }
    terminal.json({ discarded: rebuilding ?? null });
    terminal.line(
      rebuilding === undefined
        ? `No rebuild of ${name} has begun.`
        : `The rebuild of ${name} is given up.`,
    );
    return 0;
  });

/** @throws CliError when there is none of this name. */
const projectionNamed = (db: AnyDatabase, config: LoadedConfig, name: string): ProjectionTables => {
  const all = projectionsOf(db, config);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CliError(
    `There is no projection "${name}" in ${config.file}`,
    all.length === 0
      ? "Name them there: projections: (db) => [signupsPerDay(db)]."
      : `The projections are ${all.map((one) => one.name).join(", ")}.`,
  );
};
