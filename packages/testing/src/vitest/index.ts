import { afterAll, inject } from "vitest";
import { type Database, Databases, type Migrate } from "../postgres/databases.ts";
import type { PostgresServer } from "../postgres/server.ts";
// For the type of what the global setup provides.
import type {} from "./global-setup.ts";

/** What every test file can know of the server that the global setup started. */
export type RunningPostgres = Pick<
  PostgresServer,
  "connectionString" | "description" | "kind" | "prefix"
>;

export interface Template {
  /** Files that give the same name share the migrated database that theirs is cloned from. */
  readonly name: string;
  readonly migrate: Migrate;
}

/** The server of this run. */
export function testPostgres(): RunningPostgres {
  return inject("annalsPostgres");
}

/**
 * A database for one test file, dropped after it. Call it at the top of the file:
 * `const database = await testDatabase({ name: "users", migrate })`.
 */
export async function testDatabase(template?: Template): Promise<Database> {
  const { connectionString, prefix } = testPostgres();
  const databases = new Databases(connectionString, prefix);
  const source = template && (await databases.template(template.name, template.migrate));
  const database = await databases.create(source);
  afterAll(() => database.drop());
  return database;
}
