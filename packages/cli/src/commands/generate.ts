import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { CliError } from "../cli-error.ts";
import { CONTRACT_REMEDY, eventChanges, haveEventsChanged } from "../generate/event-changes.ts";
import { kyselyModule, plannedMigrations } from "../generate/migration-text.ts";
import type { Named, SchemaChange } from "../generate/schema-change.ts";
import { schemaChanges } from "../generate/schema-changes.ts";
import { lockOf, readLock, writeLock } from "../generate/schema-lock.ts";
import type { CommandContext } from "./command-context.ts";

export interface GenerateFlags {
  readonly name?: string;
  readonly drop?: readonly string[];
  readonly change?: readonly string[];
  readonly dryRun?: boolean;
  readonly format?: "sql" | "kysely";
}

/** The lock file's name in the migrations folder. */
export const LOCK_FILE = "annals.lock.json";

const NUMBER_WIDTH = 4;

const NOTHING = { changes: [], files: [] };

/** `annals generate`: writes the migration that the definitions need since the last one. */
export const generateCommand = async (
  context: CommandContext,
  flags: GenerateFlags,
): Promise<number> => {
  const { terminal } = context;
  const config = await context.config();
  const lockFile = join(config.migrations, LOCK_FILE);
  const before = await readLock(lockFile);
  const after = lockOf(config);
  const changes = schemaChanges(before, after, config);
  const broken = eventChanges(before, after);
  checkNamed([...broken, ...changes], flags, broken.length > 0 ? `${CONTRACT_REMEDY} ` : "");
  if (changes.length === 0 && haveEventsChanged(before, after)) {
    if (flags.dryRun !== true) await writeLock(lockFile, after);
    terminal.line(
      "No migration is needed. The schemas of events in the lock file are brought up to date.",
    );
    terminal.json(NOTHING);
    return 0;
  }
  if (changes.length === 0) {
    terminal.line("The migrations make all that the definitions need.");
    terminal.json(NOTHING);
    return 0;
  }
  const name = flags.name ?? nameOf(changes);
  const first = flags.dryRun ? 0 : await nextNumber(config.migrations);
  const extension = flags.format === "kysely" ? "ts" : "sql";
  const files = plannedMigrations(name, changes).map((planned, at) => ({
    file: `${String(first + at).padStart(NUMBER_WIDTH, "0")}_${planned.name}.${extension}`,
    text: flags.format === "kysely" ? kyselyModule(planned.sql) : planned.sql,
  }));
  for (const { title } of changes) terminal.line(title);
  if (flags.dryRun === true) {
    for (const { file, text } of files) terminal.line(`\n-- ${file}\n${text}`);
    terminal.json({ changes: changes.map(({ title }) => title), files });
    return 0;
  }
  await mkdir(config.migrations, { recursive: true });
  for (const { file, text } of files) {
    const path = join(config.migrations, file);
    await writeFile(path, text, { flag: "wx" });
    terminal.line(`Wrote ${relative(context.cwd, path)}`);
  }
  await writeLock(lockFile, after);
  terminal.json({
    changes: changes.map(({ title }) => title),
    files: files.map(({ file }) => file),
  });
  return 0;
};

/** @throws CliError for what would destroy something and was not asked for by its name. */
const checkNamed = (
  changes: readonly SchemaChange[],
  flags: GenerateFlags,
  remedy: string,
): void => {
  const unnamed = changes.filter(({ named }) => named !== undefined && !isGiven(named, flags));
  if (unnamed.length === 0) return;
  throw new CliError(
    `${unnamed.map(({ title }) => title).join("; ")}. Nothing was written`,
    `${remedy}If that is meant, say so: ${unnamed.map(({ named }) => `--${named?.option} ${named?.target}`).join(" ")}`,
  );
};

const isGiven = ({ option, target }: Named, flags: GenerateFlags): boolean =>
  flags[option]?.includes(target) === true;

/** A name for the file, from the first change. */
const nameOf = ([first]: readonly SchemaChange[]): string => {
  const words = (first?.title ?? "change").toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words
    .filter((word) => !FILLERS.has(word))
    .slice(0, 4)
    .join("_");
};

const FILLERS: ReadonlySet<string> = new Set(["the", "is", "a", "and", "of", "its", "all", "are"]);

const nextNumber = async (folder: string): Promise<number> => {
  const files = await readdir(folder).catch(() => []);
  const numbers = files.map((file) => Number(/^(\d+)_/.exec(file)?.[1] ?? 0));
  return Math.max(0, ...numbers) + 1;
};
