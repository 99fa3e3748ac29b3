import type { AnyEntity, AnyPublishedTopic } from "@annals/core";
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { schemaOf } from "../connection/schema-name.ts";
import { entityTables } from "./entity-tables.ts";
import { frameworkMigrationStatements } from "./framework-migrations.generated.ts";
import { topicTables } from "./topic-tables.ts";

/**
 * The framework's own tables, as Kysely migrations by name (`annals_0001_…`). They sort before names
 * that begin with a later letter; run them before any entity's. One that another application, or the
 * plain SQL, has applied to this database already is passed over.
 */
export const frameworkMigrations: Readonly<Record<string, Migration>> = Object.fromEntries(
  Object.entries(frameworkMigrationStatements).map(([name, statements]) => [
    `annals_${name}`,
    { up: (db) => applyOnce(db.withoutPlugins(), name, statements) },
  ]),
);

const applyOnce = async (
  db: Kysely<unknown>,
  name: string,
  statements: readonly string[],
): Promise<void> => {
  // Each application has a lock and a list of migrations of its own; this one they share.
  await sql`select pg_advisory_xact_lock(hashtextextended('annals.migrations', 0))`.execute(db);
  if (!(await isApplied(db, name))) await execute(db, statements);
};

const isApplied = async (db: Kysely<unknown>, name: string): Promise<boolean> => {
  const list =
    await sql`select from pg_catalog.pg_tables where schemaname = 'annals' and tablename = 'migrations'`.execute(
      db,
    );
  if (list.rows.length === 0) return false;
  const applied = await sql`select from annals.migrations where name = ${name}`.execute(db);
  return applied.rows.length > 0;
};

/**
 * A Kysely migration that creates an entity's tables, in the schema that `withSchema` names on the
 * instance it runs on. It has no `down`: events are not dropped by a tool.
 */
export const entityMigration = (definition: AnyEntity): Migration => ({
  up: (db) => execute(db, entityTables(definition, { schema: schemaOf(db) })),
});

/**
 * A Kysely migration that creates the tables of a topic of its own, in the schema that `withSchema` names
 * on the instance it runs on. It has no `down`, as an entity's.
 */
export const topicMigration = (definition: AnyPublishedTopic): Migration => ({
  up: (db) => execute(db, topicTables(definition, { schema: schemaOf(db) })),
});

const execute = async (db: Kysely<unknown>, statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db.withoutPlugins());
};
