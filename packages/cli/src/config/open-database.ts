import { annalsPool } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { CliError } from "../cli-error.ts";
import type { LoadedConfig } from "./load-config.ts";

/** Any database; the command line names its tables itself. */
export type AnyDatabase = Kysely<unknown>;

/**
 * Runs `work` with the project's database, and closes it.
 *
 * @throws CliError when the configuration names none.
 */
export const withDatabase = async <Result>(
  config: LoadedConfig,
  work: (db: AnyDatabase) => Promise<Result>,
): Promise<Result> => {
  const db = await open(config);
  try {
    return await work(config.schema === "public" ? db : db.withSchema(config.schema));
  } finally {
    await db.destroy();
  }
};

const open = async ({ database, file }: LoadedConfig): Promise<AnyDatabase> => {
  if (typeof database === "function") return database();
  if (database === undefined || database === "") {
    throw new CliError("No database is named", `Set DATABASE_URL, or "database" in ${file}.`);
  }
  const pool = new pg.Pool({ connectionString: database, application_name: "annals" });
  // A connection that breaks while it is idle is noticed by whoever uses it next.
  pool.on("error", () => {});
  return new Kysely({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
};
