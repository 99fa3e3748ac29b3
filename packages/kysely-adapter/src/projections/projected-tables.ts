import { InvalidDefinitionError, ProjectionTableError } from "@annals/core";
import { type Kysely, TableNode } from "kysely";
import type { Database } from "../connection/database.ts";
import { DEFAULT_SCHEMA } from "../connection/schema-name.ts";
import { findNoTables, type NoTableRow } from "../statements/projection-tables.ts";
import { qualify } from "../tables/quote.ts";

/** A table, by its names in the database. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

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
  return names;
};

const tableName = <DB>(db: Kysely<DB>, table: string): TableName => {
  const { query } = (db as unknown as Kysely<Record<string, object>>).selectFrom(table).compile();
  const [from] = "from" in query ? (query.from?.froms ?? []) : [];
  if (from === undefined || !TableNode.is(from)) throw new Error(`"${table}" is no table's name`);
  const { schema, identifier } = from.table;
  return { schema: schema?.name ?? DEFAULT_SCHEMA, name: identifier.name };
};

/** @throws ProjectionTableError for a table that is not there, or is none. */
export const checkTables = async <DB>(
  database: Database<DB>,
  projection: string,
  tables: readonly TableName[],
): Promise<void> => {
  const parameters = [tables.map(qualified)];
  const asked = [projection, "reset"] as const;
  const { rows } = await database.run<NoTableRow>(findNoTables, parameters, "none", asked);
  const [first] = rows;
  if (first === undefined) return;
  const { schema, name } = tables[first.at - 1] as TableName;
  throw new ProjectionTableError({
    ...{ projection, table: `${schema}.${name}`, problem: "is not there, or is no table" },
    hint: "Create it in a migration before the projection runs.",
  });
};
