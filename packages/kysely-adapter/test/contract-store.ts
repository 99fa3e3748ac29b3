import type { AnyEntity, AnyPublishedTopic } from "@annals/core";
import type { StoreUnderTest } from "@annals/testing/contract";
import { type Kysely, sql, type Transaction } from "kysely";
import {
  entityMigration,
  frameworkMigrations,
  kyselyStore,
  topicMigration,
  transaction,
} from "../src/index.ts";
import { isPublished } from "./database/open.ts";

/** Runs migrations on an instance, one after the other. */
export const migrateFramework = async (db: Kysely<unknown>): Promise<void> => {
  for (const { up } of Object.values(frameworkMigrations)) await up(db);
};

/** The store over a Kysely instance, for the contract. Closing it closes the instance. */
export const contractStore = (db: Kysely<unknown>): StoreUnderTest<Transaction<unknown>> => ({
  store: kyselyStore(db),
  transaction: (work, options) => transaction(db, work, options),
  userTransaction: (work) => db.transaction().execute(work),
  prepare: async (definitions: readonly (AnyEntity | AnyPublishedTopic)[]) => {
    for (const definition of definitions) await tablesOf(definition).up(db);
  },
  close: () => db.destroy(),
});

const tablesOf = (definition: AnyEntity | AnyPublishedTopic) =>
  isPublished(definition) ? topicMigration(definition) : entityMigration(definition);

/** Creates the schema that an instance's `withSchema` names. */
export const createSchema = async (db: Kysely<unknown>, name: string): Promise<void> => {
  await sql`create schema ${sql.id(name)}`.execute(db);
};
