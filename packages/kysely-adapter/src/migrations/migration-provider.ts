import { sql } from "kysely";
import type { MigrationProvider } from "kysely/migration";
import { frameworkMigrations } from "../tables/migrations.ts";
import { readMigrationFiles } from "./migration-files.ts";

/**
 * The framework's migrations and a folder's SQL files for Kysely's `Migrator` and `kysely-ctl`. Use this
 * or `migrate`, not both on one database: each keeps its own list of the folder's files.
 *
 * The Migrator runs all of them in one transaction, so a file that must run outside of one needs
 * `disableTransactions`.
 */
export const migrationProvider = (options: { readonly folder: string }): MigrationProvider => ({
  getMigrations: async () => ({
    ...frameworkMigrations,
    ...Object.fromEntries(
      (await readMigrationFiles(options.folder)).map(({ name, sql: text }) => [
        `app_${name}`,
        {
          up: async (db) => {
            await sql.raw(text).execute(db.withoutPlugins());
          },
        },
      ]),
    ),
  }),
});
