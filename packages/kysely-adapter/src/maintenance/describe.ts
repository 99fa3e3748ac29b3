import type { AnyEntity, AnyPublishedTopic } from "@annals/core";
import type { EntityPlan, PublishedPlan } from "@annals/core/adapter";
import { sql, type Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { topicIdentity } from "../connection/schema-name.ts";
import { type DescribedObject, describeTables } from "../statements/describe-tables.ts";
import { sqlType } from "../tables/column-sql.ts";
import { entityObjects } from "../tables/entity-tables.ts";
import { quoteName } from "../tables/quote.ts";
import { createObject } from "../tables/schema-object.ts";
import { topicStructure } from "../tables/topic-tables.ts";

/** The session's own schema for temporary tables. */
const SCRATCH = "pg_temp";

/** The objects of a definition's tables by what identifies them. */
export type Described = ReadonlyMap<string, DescribedObject>;

export interface Description {
  /** What the tables are. */
  readonly actual: Described;
  /** What they have to be. */
  readonly expected: Described;
}

/** Whatever has tables in the database. */
export type AnyDefinition = AnyEntity | AnyPublishedTopic;

/**
 * Describes a definition's tables as they are and as they have to be, in the words of this very server:
 * they are created in the session's own schema, described, and rolled back, so that no spelling of
 * PostgreSQL's is guessed. Needs no privilege but that to create temporary tables.
 */
export const describeDefinition = async <DB>(
  database: Database<DB>,
  tx: Transaction<DB>,
  definition: AnyDefinition,
): Promise<Description> => {
  const { tables, create } = parts(definition, database.schema);
  const undone = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await sql`savepoint annals_describe`.execute(tx);
    const result = await work();
    await sql`rollback to savepoint annals_describe`.execute(tx);
    return result;
  };
  const describe = async (schema: string): Promise<Described> => {
    // Whatever the session's path is, every name outside pg_catalog comes with its schema.
    await sql`select set_config('search_path', '', true)`.execute(tx);
    const operation = [definition.name, "check"] as const;
    const run = database.run<DescribedObject>(describeTables, [schema, tables], tx, operation);
    const { rows } = await run;
    return new Map(rows.map((row) => [identityOf(row), withoutSchemas(row, database.schema)]));
  };
  const actual = await undone(() => describe(database.schema));
  const expected = await undone(async () => {
    for (const statement of create) await sql.raw(statement).execute(tx);
    return describe(SCRATCH);
  });
  return { actual, expected };
};

const parts = (
  definition: AnyDefinition,
  schema: string,
): { readonly tables: readonly string[]; readonly create: readonly string[] } => {
  const { plan } = definition;
  if (plan.kind === "entity") {
    // A role is the whole cluster's, and its privileges are looked at apart.
    const objects = entityObjects(plan, { schema: SCRATCH }).filter(({ kind }) => kind !== "grant");
    const own = objects.map(createObject);
    const create = [...referencedTables(plan), ...own];
    const snapshots = plan.snapshot === undefined ? [] : [plan.snapshot.table];
    return { tables: [plan.indexTable, plan.eventsTable, ...snapshots], create };
  }
  return {
    tables: [plan.eventsTable, ...latestNames(plan)],
    create: topicStructure(plan, SCRATCH, topicIdentity(schema, plan)),
  };
};

const latestNames = ({ compaction }: PublishedPlan): readonly string[] =>
  compaction === undefined ? [] : [compaction.latestTable, compaction.latestView];

const identityOf = ({ kind, table, name }: DescribedObject): string => `${kind} ${table}.${name}`;

/** Two schemas hold the same when their names are left out. */
const withoutSchemas = (described: DescribedObject, schema: string): DescribedObject => {
  const names = [SCRATCH, "pg_temp_\\d+", schema.replace(/[^A-Za-z0-9_]/g, "\\$&")];
  const prefix = new RegExp(
    `(?<![\\w"])(?:${names.map((name) => `${name}|"${name}"`).join("|")})\\.`,
    "g",
  );
  return { ...described, definition: described.definition.replace(prefix, "") };
};

/** Stands in for the tables that foreign keys refer to. */
const referencedTables = (plan: EntityPlan): readonly string[] => {
  const columns = new Map<string, Set<string>>();
  for (const { references, type } of plan.columns) {
    if (references === undefined || references.table === plan.indexTable) continue;
    const lines = columns.get(references.table) ?? new Set();
    lines.add(`${quoteName(references.column)} ${sqlType(type)} unique`);
    columns.set(references.table, lines);
  }
  return [...columns].map(
    ([table, lines]) => `create table ${SCRATCH}.${quoteName(table)} (${[...lines].join(", ")})`,
  );
};
