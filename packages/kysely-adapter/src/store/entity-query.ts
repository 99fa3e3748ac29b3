import { InvalidArgumentError } from "@annals/core";
import type { EntityPlan, Join, StoredEntity, Visibility } from "@annals/core/adapter";
import type { CompiledQuery, Kysely, QueryExecutorProvider, Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { Parameters } from "../statements/condition.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { scopeParameters } from "../statements/in-scope.ts";
import { queriedEntities } from "../statements/queried-entities.ts";
import { type StoredEntityRow, toStoredTree } from "../statements/stored-entity.ts";
import { withConditions } from "../statements/tree-columns.ts";
import { Queries } from "./queries.ts";
import { settingsOfScope } from "./settings-of-scope.ts";
import { queryFailure } from "./violations.ts";

/** A query of Kysely's, or a fragment of raw SQL, before it is executed. */
export interface BuiltQuery<Output> {
  compile(executorProvider: QueryExecutorProvider): CompiledQuery<Output>;
}

/** Builds a query on the user's own instance, plugins and all. */
export type BuildQuery<DB> = (db: Kysely<DB>) => BuiltQuery<unknown>;

/** Runs a user's query over the index table, and reads the entities that it yields, in its order. */
export const entityQuery = <DB>(database: Database<DB>, tables: EntityTables) => {
  const { plan } = tables;
  const queries = new Queries();
  const settingsOf = settingsOfScope(plan);
  return async (
    build: BuildQuery<DB>,
    join: Join<Transaction<DB>>,
    seen?: Visibility,
  ): Promise<readonly StoredEntity[]> => {
    const db = database.joined(join, [plan.name, "query"]) ?? database.db;
    const { sql, parameters } = compiled(plan, db, build(db));
    const all = new Parameters([...parameters, ...scopeParameters(plan, seen)]);
    const sight = withConditions(tables, seen, all);
    const statement = queries.statement(
      `query_${plan.indexTable}`,
      queriedEntities(tables, sql, sight, parameters.length + 1),
    );
    try {
      const { rows } = await database.run<StoredEntityRow>(
        statement,
        all.values,
        join,
        [plan.name, "query"],
        settingsOf(seen?.scope),
      );
      return rows.map(toStoredTree(tables, seen));
    } catch (error) {
      throw queryFailure(plan, error);
    }
  };
};

const compiled = <DB>(
  { name }: EntityPlan,
  db: Kysely<DB>,
  built: BuiltQuery<unknown> | undefined,
): CompiledQuery => {
  if (typeof built?.compile !== "function") {
    throw new InvalidArgumentError(
      name,
      "query() was given something that is no query",
      "Return the query itself, without execute().",
    );
  }
  const query = compile(name, db, built);
  if (SELECTING.has(query.query.kind)) return query;
  throw new InvalidArgumentError(
    name,
    "query() was given a query that does not select",
    "Begin with db.selectFrom(), or pass a select of your own through sql.",
  );
};

const compile = <DB>(name: string, db: Kysely<DB>, built: BuiltQuery<unknown>): CompiledQuery => {
  try {
    return built.compile(db);
  } catch (cause) {
    throw new InvalidArgumentError(name, "query() could not compile its query", "See the cause.", {
      cause,
    });
  }
};

const SELECTING: ReadonlySet<string> = new Set(["SelectQueryNode", "RawNode"]);
