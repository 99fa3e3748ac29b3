import { entityMigration, frameworkMigrations } from "@annals/kysely-adapter";
import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import type { Database } from "./database.ts";
import { User } from "./user.ts";

/**
 * Creates what the demo needs, in its own schema; a second run on the same schema finds it there.
 *
 * @returns whether the framework's schema was there already.
 */
export const migrate = async (db: Kysely<Database>, schema: string): Promise<boolean> => {
  const frameworkExists = await schemaExists(db, "annals");
  const migrations = {
    ...frameworkMigrations,
    user_0001: entityMigration(User),
    user_0002_signups_per_day: { up: createSignupsPerDay },
  };
  const provider = { getMigrations: async () => migrations };
  const migrator = new Migrator({ db, provider, migrationTableSchema: schema });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return frameworkExists;
};

const createSignupsPerDay = async (db: Kysely<Database>): Promise<void> => {
  await db.schema
    .createTable("signups_per_day")
    .addColumn("day", "date", (column) => column.primaryKey())
    .addColumn("signups", "integer", (column) => column.notNull())
    .execute();
};

export const schemaExists = async <DB>(db: Kysely<DB>, schema: string): Promise<boolean> => {
  const { rows } = await sql`select from pg_namespace where nspname = ${schema}`.execute(db);
  return rows.length > 0;
};
