import type { AnyEntity } from "@annals/core";
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { schemaOf } from "../connection/schema-name.ts";
import { entityTables } from "./entity-tables.ts";
import { frameworkMigrationStatements } from "./framework-migrations.generated.ts";

/**
 * The framework's own tables, as Kysely migrations by name (`annals_0001_…`). They sort before names
 * that begin with a later letter; run them before any entity's.
 */
export const frameworkMigrations: Readonly<Record<string, Migration>> = Object.fromEntries(
  Object.entries(frameworkMigrationStatements).map(([name, statements]) => [
    `annals_${name}`,
    { up: (db) => execute(db, statements) },
  ]),
);

/**
 * A Kysely migration that creates an entity's tables, in the schema that `withSchema` names on the
 * instance it runs on. It has no `down`: events are not dropped by a tool.
 */
export const entityMigration = (definition: AnyEntity): Migration => ({
  up: (db) => execute(db, entityTables(definition, { schema: schemaOf(db) })),
});

const execute = async (db: Kysely<unknown>, statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db.withoutPlugins());
};
