import { readFile, writeFile } from "node:fs/promises";
import type { AnyEntity } from "@annals/core";
import { type EventContract, eventContract } from "@annals/core/adapter";
import { entityObjects, type SchemaObject } from "@annals/kysely-adapter/schema";
import { CliError } from "../cli-error.ts";

/** What the committed migrations make of one entity. */
export interface LockedEntity {
  readonly indexTable: string;
  readonly eventsTable: string;
  readonly eventTypes: readonly string[];
  /** Columns of the index table that keep the value they were created with. */
  readonly immutable: readonly string[];
  readonly objects: readonly SchemaObject[];
  /** What may be stored, and has to be readable for good. */
  readonly events: EventContract;
}

/** What the committed migrations lead to; committed beside them, and compared to find what is new. */
export interface SchemaLock {
  readonly format: 1;
  readonly entities: Readonly<Record<string, LockedEntity>>;
}

export const EMPTY_LOCK: SchemaLock = { format: 1, entities: {} };

/** The lock of definitions as they are. */
export const lockOf = (entities: readonly AnyEntity[], schema: string): SchemaLock => ({
  format: 1,
  entities: Object.fromEntries(
    entities.map((definition) => {
      const { name, plan } = definition;
      const locked: LockedEntity = {
        indexTable: plan.indexTable,
        eventsTable: plan.eventsTable,
        eventTypes: plan.eventTypes,
        immutable: plan.columns.filter(({ immutable }) => immutable).map(({ column }) => column),
        objects: entityObjects(plan, { schema }),
        events: eventContract(definition),
      };
      return [name, locked];
    }),
  ),
});

/** @throws CliError when the file is there and is no lock. */
export const readLock = async (file: string): Promise<SchemaLock> => {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return EMPTY_LOCK;
  try {
    const lock = JSON.parse(text) as SchemaLock;
    if (lock.format === 1 && typeof lock.entities === "object") return lock;
  } catch {
    // Told below, together with every other thing that it may be.
  }
  throw new CliError(`${file} is no lock file of Annals`, "Put it back from version control.");
};

export const writeLock = (file: string, lock: SchemaLock): Promise<void> =>
  writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
