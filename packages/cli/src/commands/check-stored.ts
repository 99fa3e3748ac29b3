import { checkEvents, type EventCheck } from "@annals/kysely-adapter";
import { keysOf } from "../config/keys.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { startProgress } from "../terminal/progress.ts";
import { writeTable } from "../terminal/table.ts";
import type { CommandContext } from "./command-context.ts";

export interface StoredFlags {
  readonly sample?: number;
  readonly batchSize?: number;
  readonly concurrency?: number;
}

/**
 * Reads the events that are really stored, of entities and topics, with the definitions as they are.
 *
 * @returns whether all of them can be read, and were looked at.
 */
export const checkStored = async (
  context: CommandContext,
  db: AnyDatabase,
  config: LoadedConfig,
  flags: StoredFlags,
): Promise<boolean> => {
  const { terminal, signal } = context;
  const { entities, topics } = config;
  let isClean = true;
  for (const definition of [...entities, ...topics]) {
    const progress = startProgress(terminal, definition.name);
    const onProgress = progress.report;
    const found = await checkEvents(db, definition, {
      ...flags,
      ...keysOf(config),
      signal,
      onProgress,
    });
    progress.end(`${definition.name}: ${found.checked.toLocaleString("en")} read`);
    report(context, found);
    if (found.unreadable > 0 || !found.finished) isClean = false;
  }
  return isClean;
};

const report = ({ terminal }: CommandContext, found: EventCheck): void => {
  terminal.json(found);
  const { topic, checked, unreadable, versions, events, finished } = found;
  const mark = unreadable === 0 ? terminal.style("green", "✓") : terminal.style("red", "✗");
  const ending = finished ? "" : ", stopped before the end";
  terminal.line(`${mark} ${topic}: ${checked} events read, ${unreadable} cannot be${ending}`);
  if (versions.length > 0) {
    writeTable(
      terminal,
      ["type", "version", "events", "unreadable"],
      versions.map((one) => [one.type, one.version, one.checked, one.unreadable]),
    );
  }
  if (unreadable === 0) return;
  terminal.line();
  writeTable(
    terminal,
    ["position", "event", "of", "problem"],
    events.map(({ position, type, version, id, sequence, problem }) => [
      ...[position, `${type} version ${version}`],
      ...[sequence === 0 ? id : `${id}/${sequence}`, problem],
    ]),
  );
  terminal.line(
    terminal.style(
      "dim",
      "Let the definition read them: an upcaster for an old version, a wider schema for the newest.",
    ),
  );
};
