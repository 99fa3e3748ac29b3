import { InvalidDefinitionError, ProjectionTableError } from "@annals/core";
import { type Kysely, TableNode } from "kysely";
import type { Database } from "../connection/database.ts";
import { DEFAULT_SCHEMA } from "../connection/schema-name.ts";
import type { Statement } from "../connection/statement.ts";
import {
  findNoTables,
  type ObstacleRow,
  projectionObstacles,
} from "../statements/projection-obstacles.ts";
import { qualify } from "../tables/quote.ts";
import type { TableName } from "./table-router.ts";

export const qualified = ({ schema, name }: TableName): string => qualify(schema, name);

/** PostgreSQL would cut the name of a schema that is longer; `:rebuild` is part of it. */
const NAME_BYTES_MAX = 63 - ":rebuild".length;

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
  if (Buffer.byteLength(projection) > NAME_BYTES_MAX) {
    invalid("its name is too long", `Use up to ${NAME_BYTES_MAX} letters, digits and _ . : -`);
  }
  if (tables.length === 0) invalid("it has no tables", "Name the tables that its handlers write.");
  const names = tables.map((table) => tableName(db, table));
  if (new Set(names.map(({ name }) => name)).size < names.length) {
    invalid("it has two tables of one name", "A copy of them stands in one schema: rename one.");
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

/** @throws ProjectionTableError for a table that is not there, or is none. */
export const checkTables = <DB>(parts: Checked<DB>): Promise<void> =>
  checkNone(parts, findNoTables, "Create it in a migration before the projection runs.");

/** @throws ProjectionTableError for a table that has what another one in its place would silently lack. */
export const checkReplaceable = <DB>(parts: Checked<DB>): Promise<void> =>
  checkNone(
    parts,
    projectionObstacles,
    "A rebuild puts another table in its place, which would not have this. Remove it, or put it elsewhere.",
  );

interface Checked<DB> {
  readonly name: string;
  readonly database: Database<DB>;
  readonly tables: readonly TableName[];
}

const checkNone = async <DB>(
  { name: projection, database, tables }: Checked<DB>,
  obstacles: Statement,
  hint: string,
): Promise<void> => {
  const parameters = [tables.map(qualified)];
  const asked = [projection, "check"] as const;
  const { rows } = await database.run<ObstacleRow>(obstacles, parameters, "none", asked);
  const [first] = rows;
  if (first === undefined) return;
  const { schema, name } = tables[first.at - 1] as TableName;
  throw new ProjectionTableError({
    ...{ projection, table: `${schema}.${name}`, problem: first.problem, hint },
  });
};
