import type { DatabaseOf } from "@annals/core";
import { annalsPool, entityMigration, frameworkMigrations } from "@annals/kysely-adapter";
import { type Generated, Kysely, PostgresDialect } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { User } from "./user.ts";

// Your own tables stand beside the generated ones.
export type Database = DatabaseOf<[typeof User]> & {
  signups: { day: string; count: Generated<number> };
};

export const openDatabase = (connectionString: string): Kysely<Database> => {
  const pool = annalsPool(new pg.Pool({ connectionString }));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
};

export const migrate = async (db: Kysely<Database>): Promise<void> => {
  const migrations = {
    ...frameworkMigrations,
    users_0001: entityMigration(User),
    users_0002_signups: {
      up: (db: Kysely<unknown>) =>
        db.schema
          .createTable("signups")
          .addColumn("day", "text", (column) => column.primaryKey())
          .addColumn("count", "integer", (column) => column.notNull())
          .execute(),
    },
  };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
};
