import { InvalidDefinitionError, ProjectionTableError } from "@annals/core";
import { type Kysely, TableNode } from "kysely";
import type { Database } from "../connection/database.ts";
import { DEFAULT_SCHEMA } from "../connection/schema-name.ts";
import { type ObstacleRow, projectionObstacles } from "../statements/projection-obstacles.ts";
import { qualify } from "../tables/quote.ts";
import type { TableName } from "./table-router.ts";

/** The schema for the tables that a rebuild fills, beside that of the live ones. */
export const shadowSchema = (schema: string): string => `${schema}__shadow`;

/** The schema for the tables that a rebuild has replaced. */
export const oldSchema = (schema: string): string => `${schema}__old`;

export const inSchemas = (
  tables: readonly TableName[],
  toSchema: (schema: string) => string,
): readonly TableName[] => tables.map(({ schema, name }) => ({ schema: toSchema(schema), name }));

export const qualified = ({ schema, name }: TableName): string => qualify(schema, name);

/**
 * The names that the tables have in the database, by the instance's own plugins and schema.
 *
 * @throws InvalidDefinitionError
 */
export const tableNames = <DB>(
  db: Kysely<DB>,
  projection: string,
  tables: readonly string[],
): readonly TableName[] => {
  const invalid = (problem: string, hint: string): never => {
    throw new InvalidDefinitionError(projection, problem, hint);
  };
  if (tables.length === 0) invalid("it has no tables", "Name the tables that its handlers write.");
  const names = tables.map((table) => tableName(db, table));
  const distinct = new Set(names.map(qualified));
  if (distinct.size < names.length) invalid("it names a table twice", "Name each table once.");
  // PostgreSQL would cut the name of the schema beside it.
  const long = names.find(({ schema }) => Buffer.byteLength(shadowSchema(schema)) > 63);
  if (long !== undefined) {
    invalid(`the schema "${long.schema}" has too long a name`, "Use one of up to 55 bytes.");
  }
  return names;
};

const tableName = <DB>(db: Kysely<DB>, table: string): TableName => {
  const { query } = (db as unknown as Kysely<Record<string, object>>).selectFrom(table).compile();
  const [from] = "from" in query ? (query.from?.froms ?? []) : [];
  if (from === undefined || !TableNode.is(from)) throw new Error(`"${table}" is no table's name`);
  const { schema, identifier } = from.table;
  return { schema: schema?.name ?? DEFAULT_SCHEMA, name: identifier.name };
};

/**
 * @throws ProjectionTableError for a table that is not there, or has what a new table in its place would
 * silently lack.
 */
export const checkTables = async <DB>(
  database: Database<DB>,
  projection: string,
  tables: readonly TableName[],
): Promise<void> => {
  const parameters = [tables.map(qualified)];
  const { rows } = await database.run<ObstacleRow>(projectionObstacles, parameters, "none", [
    projection,
    "rebuild",
  ]);
  const [first] = rows;
  if (first === undefined) return;
  const { schema, name } = tables[first.at - 1] as TableName;
  throw new ProjectionTableError({
    ...{ projection, table: `${schema}.${name}`, problem: first.problem },
    hint:
      first.problem === "is not there"
        ? "Create it in a migration before the projection runs."
        : "A rebuild puts another table in its place, which would not have this. Remove it, or put it elsewhere.",
  });
};
