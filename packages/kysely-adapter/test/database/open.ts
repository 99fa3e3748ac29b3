import type { AnyEntity, AnyPublishedTopic } from "@annals/core";
import { Kysely, PostgresDialect } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import {
  annalsPool,
  entityMigration,
  frameworkMigrations,
  topicMigration,
} from "../../src/index.ts";

/** Opens a Kysely instance the way the quick start does. */
export const openDatabase = <DB = unknown>(connectionString: string): Kysely<DB> => {
  const pool = new pg.Pool({ connectionString });
  // A terminated backend surfaces on the next query; an idle client has nobody to tell.
  pool.on("error", () => {});
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
};

/** Creates the framework's tables and those of the entities and topics. */
export const migrate = async (
  connectionString: string,
  definitions: readonly (AnyEntity | AnyPublishedTopic)[],
): Promise<void> => {
  const db = openDatabase(connectionString);
  const entities = definitions.map((definition) => [
    `entity_${definition.name}`,
    isPublished(definition) ? topicMigration(definition) : entityMigration(definition),
  ]);
  const migrations = { ...frameworkMigrations, ...Object.fromEntries(entities) };
  const provider = { getMigrations: async () => migrations };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  await db.destroy();
  if (error) throw error;
};

export const isPublished = (
  definition: AnyEntity | AnyPublishedTopic,
): definition is AnyPublishedTopic => definition.plan.kind === "topic";
