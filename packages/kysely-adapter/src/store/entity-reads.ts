import type { EntityStore, Join } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import { columnOf } from "../statements/condition.ts";
import { countEntities } from "../statements/count-entities.ts";
import { entityHistory, type HistoryRow, toHistoryEvents } from "../statements/entity-history.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { findEntity } from "../statements/find-entity.ts";
import { listEntities, placeValue } from "../statements/list-entities.ts";
import { loadEntities, loadEntity } from "../statements/load-entities.ts";
import { loadPast } from "../statements/load-past.ts";
import { type StoredEntityRow, toStoredEntity } from "../statements/stored-entity.ts";
import { toParameter } from "../tables/column-sql.ts";
import { Queries } from "./queries.ts";
import { readFailure } from "./violations.ts";

interface ListedRow extends StoredEntityRow {
  readonly position: string | null;
}

type EntityReads<Tx> = Pick<
  EntityStore<Tx>,
  "load" | "loadPast" | "history" | "find" | "count" | "list"
>;

/** The reading half of an entity's store. */
export const entityReads = <DB>(
  database: Database<DB>,
  tables: EntityTables,
): EntityReads<Transaction<DB>> => {
  const { plan } = tables;
  const load = loadEntity(tables);
  const loadMany = loadEntities(tables);
  const past = { version: loadPast(tables, "version"), time: loadPast(tables, "time") };
  const histories = { asc: entityHistory(tables, "asc"), desc: entityHistory(tables, "desc") };
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
      throw readFailure(plan, error);
    }
  };

  return {
    load: async (ids, join) => {
      const [first] = ids;
      const rows =
        ids.length === 1
          ? await read<StoredEntityRow>("findById", load, [first], join)
          : await read<StoredEntityRow>("findAll", loadMany, [ids], join);
      return rows.map(toStoredEntity);
    },

    loadPast: async (id, bound, join) => {
      const value = bound.kind === "version" ? bound.version : bound.at.toISOString();
      const statement = past[bound.kind];
      const [row] = await read<StoredEntityRow>("findById", statement, [id, value], join);
      return row && toStoredEntity(row);
    },

    history: async (id, { above, below, direction, limit }, join) => {
      const parameters = [id, above, below, limit];
      const [row] = await read<HistoryRow>("history", histories[direction], parameters, join);
      return row && toHistoryEvents(row);
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
