import type { EntityPlan, EntityStore } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { entityTableNames } from "../statements/entity-table-names.ts";
import { coalescedWrites, type EntityStoreSettings } from "./coalesced-writes.ts";
import { entityBatches } from "./entity-batches.ts";
import { entityReads } from "./entity-reads.ts";
import { entityWrites } from "./entity-writes.ts";

/** Holds one entity's statements, compiled once, and turns rows and errors into the port's. */
export const entityStore = <DB>(
  database: Database<DB>,
  plan: EntityPlan,
  settings: EntityStoreSettings,
): EntityStore<Transaction<DB>> => {
  const tables = entityTableNames(plan, database.schema);
  const reads = entityReads(database, tables);
  const { lockTimeoutMs, lanes } = settings;
  const writes = entityWrites(database, tables, reads.recall, lockTimeoutMs);
  const { write } = writes;
  return {
    ...writes,
    write: lanes === 0 ? write : coalescedWrites(database, tables, write, settings),
    ...entityBatches(database, tables, lockTimeoutMs),
    ...reads,
  };
};
