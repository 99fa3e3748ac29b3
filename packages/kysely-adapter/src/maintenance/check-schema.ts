import type { SchemaDifference } from "@annals/core";
import { type Kysely, sql, type Transaction } from "kysely";
import { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import type { DescribedObject } from "../statements/describe-tables.ts";
import { frameworkMigrationStatements } from "../tables/framework-migrations.generated.ts";
import { type AnyDefinition, type Description, describeDefinition } from "./describe.ts";
import { openGuards } from "./open-guards.ts";
import { openPartitions } from "./open-partitions.ts";
import { writerRoleDifferences } from "./writer-role.ts";

/**
 * Compares the database with what entities and topics of their own need: tables, columns, types, constraints, indexes,
 * triggers, functions and privileges, and the framework's own migrations. Changes nothing.
 *
 * What a team adds by itself is left alone (an index, a column with a default, a constraint), except
 * where it keeps Annals from writing or opens a guard.
 *
 * @returns the differences, none of them for a database that is as it should be.
 */
export const checkSchema = async <DB>(
  db: Kysely<DB>,
  definitions: readonly AnyDefinition[],
): Promise<readonly SchemaDifference[]> => {
  const database = new Database(db);
  const transaction = await db
    .startTransaction()
    .execute()
    .catch((error: unknown) => {
      throw databaseError("checking the schema", error);
    });
  try {
    const tx: Transaction<DB> = transaction;
    const missing = await missingMigrations(tx);
    if (missing.length > 0) return missing;
    const differences: SchemaDifference[] = [
      ...(await openGuards(
        database,
        tx,
        definitions.map(({ plan }) => plan.eventsTable),
      )),
    ];
    for (const definition of definitions) {
      const description = await describeDefinition(database, tx, definition);
      differences.push(...compare(definition, description));
      const { plan } = definition;
      if (plan.kind === "entity") {
        differences.push(...(await writerRoleDifferences(database, tx, plan)));
      }
    }
    differences.push(...(await openPartitions(database, tx, definitions)));
    return differences;
  } catch (error) {
    throw databaseError("checking the schema", error);
  } finally {
    await transaction.rollback().execute();
  }
};

const MIGRATE = "Run annals migrate.";

const missingMigrations = async <DB>(tx: Transaction<DB>): Promise<readonly SchemaDifference[]> => {
  const table = await sql`select to_regclass('annals.migrations') is not null as there`.execute(
    tx.withoutPlugins(),
  );
  const isThere = (table.rows[0] as { there: boolean } | undefined)?.there === true;
  const applied = isThere
    ? (await sql<{ name: string }>`select name from annals.migrations`.execute(tx.withoutPlugins()))
        .rows
    : [];
  const names = new Set(applied.map(({ name }) => name));
  if (names.size === 0) {
    const problem = "It is missing: none of the framework's migrations has been applied.";
    return [{ entity: "annals", object: "schema annals", problem, remedy: MIGRATE }];
  }
  return Object.keys(frameworkMigrationStatements)
    .filter((name) => !names.has(name))
    .map((name) => ({
      entity: "annals",
      object: `migration ${name}`,
      problem: "It has not been applied.",
      remedy: MIGRATE,
    }));
};

const compare = (
  { name: entity, plan }: AnyDefinition,
  { actual, expected }: Description,
): readonly SchemaDifference[] => {
  const isThere = (table: string): boolean =>
    actual.has(`table ${table}.${table}`) || actual.has(`view ${table}.${table}`);
  const found: SchemaDifference[] = [];
  const report = (one: DescribedObject, problem: string, remedy: string): void => {
    found.push({ entity, object: labelOf(one), problem, remedy });
  };
  for (const [identity, wanted] of expected) {
    const there = actual.get(identity);
    if (there === undefined) {
      // A missing table says it all; its parts need no line each.
      if (wanted.kind === "table" || wanted.kind === "view" || isThere(wanted.table)) {
        report(wanted, "It is missing.", `Create it: annals generate, then annals migrate.`);
      }
    } else if (there.definition !== wanted.definition) {
      report(
        wanted,
        `It is "${there.definition}", but has to be "${wanted.definition}".`,
        "Bring it in line by a migration: annals generate, if the definition changed.",
      );
    } else if (there.isOff) report(there, ...turnedOff(there));
  }
  for (const [identity, there] of actual) {
    if (!expected.has(identity)) {
      const trouble = troubleWith(there, plan.eventsTable);
      if (trouble !== undefined) report(there, ...trouble);
    }
  }
  return found;
};

const labelOf = ({ kind, table, name }: DescribedObject): string =>
  kind === "table" || kind === "view" || kind === "function"
    ? `${kind} ${name}`
    : `${kind} ${table}.${name}`;

const turnedOff = ({
  kind,
  table,
  name,
}: DescribedObject): readonly [problem: string, remedy: string] => {
  switch (kind) {
    case "trigger":
      return ["It is disabled.", `ALTER TABLE ${table} ENABLE TRIGGER ${name}.`];
    case "index":
      return ["It is not valid, so that nothing uses it.", `REINDEX INDEX CONCURRENTLY ${name}.`];
    default:
      return [
        "It has not been validated, so that older rows may violate it.",
        `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}.`,
      ];
  }
};

/** Whether something that no definition knows stands in the way. */
const troubleWith = (
  { kind, table, definition }: DescribedObject,
  eventsTable: string,
): readonly [problem: string, remedy: string] | undefined => {
  if (kind === "column" && / not null(?!.* default )/.test(definition)) {
    return [
      "No definition knows it, and it takes no NULL and has no default, so that nothing can be written.",
      "Drop it, or give it a default.",
    ];
  }
  if (kind === "policy" && /^permissive .*to public\b/.test(definition)) {
    return [
      "No definition knows it, and it lets every role see or write rows beyond what the policy of the scope lets it.",
      "Drop it, or make it a restrictive one, or one for a role that may see every scope.",
    ];
  }
  if (kind === "trigger" && table === eventsTable && /\b(BEFORE|INSTEAD OF)\b/.test(definition)) {
    return [
      "No definition knows it, and it may change or drop events before they are stored.",
      "Drop it; react to events by a consumer.",
    ];
  }
  return undefined;
};
