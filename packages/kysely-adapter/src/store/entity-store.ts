import { AnnalsError, TransactionNotJoinedError } from "@annals/core";
import type {
  ColumnPlan,
  EntityPlan,
  EntityStore,
  EntityWrite,
  Join,
  WriteResult,
} from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database, Outcome } from "../connection/database.ts";
import { type Statement, statement, unprepared } from "../connection/statement.ts";
import { columnOf } from "../statements/condition.ts";
import { countEntities } from "../statements/count-entities.ts";
import { type EntityTables, entityTableNames } from "../statements/entity-table-names.ts";
import { findEntity } from "../statements/find-entity.ts";
import { listEntities, placeValue } from "../statements/list-entities.ts";
import { loadEntities, loadEntity } from "../statements/load-entities.ts";
import { type StoredEntityRow, toStoredEntity } from "../statements/stored-entity.ts";
import { writeEntity, writtenColumns } from "../statements/write-entity.ts";
import { toParameter } from "../tables/column-sql.ts";
import { databaseError, writeFailure } from "./violations.ts";

interface ListedRow extends StoredEntityRow {
  readonly position: string | null;
}

const PREPARED_QUERIES_MAX = 100;

/** Holds one entity's statements, compiled once, and turns rows and errors into the port's. */
export const entityStore = <DB>(
  database: Database<DB>,
  plan: EntityPlan,
  lockTimeoutMs: number,
): EntityStore<Transaction<DB>> => {
  const tables = entityTableNames(plan, database.schema);
  const writes = writeStatements(tables);
  const load = loadEntity(tables);
  const loadMany = loadEntities(tables);
  const finds = new Map(
    plan.uniques.map((unique) => [
      unique.constraint,
      {
        statement: findEntity(tables, unique),
        columns: unique.properties.map((property) => columnOf(tables, property)),
      },
    ]),
  );
  const queries = new Queries();
  const bound = `${lockTimeoutMs}ms`;
  const onCreate = writtenPlaces(plan, true);
  const onUpdate = writtenPlaces(plan, false);

  const read = async <Row>(
    call: string,
    statement: Statement,
    parameters: readonly unknown[],
    join: Join<Transaction<DB>>,
  ): Promise<readonly Row[]> => {
    try {
      const { rows } = await database.run<Row>(statement, parameters, join, [plan.name, call]);
      return rows;
    } catch (error) {
      throw error instanceof AnnalsError ? error : databaseError(`reading ${plan.name}`, error);
    }
  };

  return {
    write: async (write, join) => {
      // The instance itself may be a transaction of the user's, whose bound must come back too.
      const isJoined = (join !== undefined && join !== "none") || database.db.isTransaction;
      const chosen = writes(write, isJoined);
      const places = write.expectedVersion === 0 ? onCreate : onUpdate;
      const parameters = writeParameters(write, places, bound);
      const call = write.expectedVersion === 0 ? "create" : "update";
      try {
        return written(await database.run(chosen, parameters, join, [plan.name, call]));
      } catch (error) {
        if (error instanceof TransactionNotJoinedError) throw error;
        const failure = writeFailure(plan, error);
        if (failure instanceof AnnalsError) throw failure;
        return failure;
      }
    },

    load: async (ids, join) => {
      const [first] = ids;
      const rows =
        ids.length === 1
          ? await read<StoredEntityRow>("findById", load, [first], join)
          : await read<StoredEntityRow>("findAll", loadMany, [ids], join);
      return rows.map(toStoredEntity);
    },

    find: async (constraint, values, join) => {
      const find = finds.get(constraint);
      if (find === undefined) throw new Error(`${plan.name} has no constraint "${constraint}"`);
      const parameters = find.columns.map((column, at) => toParameter(column, values[at]));
      const [row] = await read<StoredEntityRow>("find", find.statement, parameters, join);
      return row && toStoredEntity(row);
    },

    count: async (where, limit, join) => {
      const { sql, parameters } = countEntities(tables, where, limit);
      const counted = queries.statement(`count_${plan.indexTable}`, sql);
      const [row] = await read<{ count: number }>("count", counted, parameters, join);
      return row?.count ?? 0;
    },

    list: async (query, join) => {
      const { sql, parameters } = listEntities(tables, query);
      const list = queries.statement(`list_${plan.indexTable}`, sql);
      const rows = await read<ListedRow>("list", list, parameters, join);
      return rows.map((row) => ({
        ...toStoredEntity(row),
        position: { value: placeValue(tables, query.orderBy, row.position), id: row.id },
      }));
    },
  };
};

/**
 * Every combination of conditions and orders is a text of its own. The first ones are prepared; the
 * others are not, since each would be kept on every connection for good.
 */
class Queries {
  readonly #prepared = new Map<string, Statement>();

  statement(label: string, sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    if (this.#prepared.size >= PREPARED_QUERIES_MAX) return unprepared(label, sql);
    const made = statement(label, sql);
    this.#prepared.set(sql, made);
    return made;
  }
}

/** Chooses the statement for a write; the eight texts differ in what the header of theirs says. */
const writeStatements = (tables: EntityTables) => {
  const statements = new Map<string, Statement>();
  for (const creates of [true, false]) {
    for (const one of [true, false]) {
      for (const restoresBound of [true, false]) {
        const shape = { creates, one, restoresBound };
        statements.set(`${creates} ${one} ${restoresBound}`, writeEntity(tables, shape));
      }
    }
  }
  return ({ expectedVersion, events }: EntityWrite, joined: boolean): Statement =>
    statements.get(`${expectedVersion === 0} ${events.length === 1} ${joined}`) as Statement;
};

/** An index column that a write sets, and its place among the columns of a write. */
interface WrittenColumn {
  readonly column: ColumnPlan;
  readonly at: number;
}

const writtenPlaces = (plan: EntityPlan, creates: boolean): readonly WrittenColumn[] =>
  writtenColumns(plan, creates).map((column) => ({ column, at: plan.columns.indexOf(column) }));

const writeParameters = (
  write: EntityWrite,
  places: readonly WrittenColumn[],
  bound: string,
): unknown[] => {
  const { id, expectedVersion, events, recordedAt } = write;
  return [
    id,
    expectedVersion,
    expectedVersion + events.length,
    recordedAt?.toISOString() ?? null,
    bound,
    JSON.stringify(events.length === 1 ? events[0]?.body : eventList(write)),
    ...places.map(({ column, at }) => toParameter(column, write.columns[at])),
  ];
};

const eventList = ({ id, expectedVersion, events }: EntityWrite) =>
  events.map(({ body }, at) => ({ id, sequence: expectedVersion + at + 1, event: body }));

const written = ({ rows, durability }: Outcome<{ written?: boolean }>): WriteResult =>
  rows[0]?.written === true ? { kind: "written", durability } : { kind: "conflict" };
