import { join } from "node:path";
import type { SchemaDifference } from "@annals/core";
import type { LoadedConfig } from "../config/load-config.ts";
import { brokenEvents, CONTRACT_REMEDY, haveEventsChanged } from "../generate/event-changes.ts";
import { schemaChanges } from "../generate/schema-changes.ts";
import { EMPTY_LOCK, lockOf, readLock } from "../generate/schema-lock.ts";
import { LOCK_FILE } from "./generate.ts";

/**
 * Compares the definitions with what the committed migrations lead to, and with the events that they
 * promised to read. Nothing where no lock file was ever written.
 */
export const checkLock = async (config: LoadedConfig): Promise<readonly SchemaDifference[]> => {
  const before = await readLock(join(config.migrations, LOCK_FILE));
  if (before === EMPTY_LOCK) return [];
  const after = lockOf(config);
  const broken = brokenEvents(before, after).map(
    ({ entity, type, version, problem }): SchemaDifference => ({
      entity,
      object: `event ${type}, version ${version}`,
      problem: `Stored events may not be readable any more: ${problem}`,
      remedy: CONTRACT_REMEDY,
    }),
  );
  const changes = schemaChanges(before, after, config).map(
    ({ title }): SchemaDifference => ({
      entity: title.split(":")[0] as string,
      object: LOCK_FILE,
      problem: `No migration says this yet: ${title.replace(/^[^:]*: /, "")}.`,
      remedy: "Run annals generate, and commit what it writes.",
    }),
  );
  if (broken.length + changes.length > 0 || !haveEventsChanged(before, after)) {
    return [...broken, ...changes];
  }
  return [
    {
      entity: "annals",
      object: LOCK_FILE,
      problem: "It does not have the schemas of the events as they are now.",
      remedy: "Run annals generate, and commit the lock file.",
    },
  ];
};
