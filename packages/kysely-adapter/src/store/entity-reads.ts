import type { EntityStore, Join, KnownEntities, PastBound, Visibility } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database, Outcome } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import { Parameters } from "../statements/condition.ts";
import { countEntities } from "../statements/count-entities.ts";
import { type HistoryRow, toHistoryEvents } from "../statements/entity-history.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { findEntityText } from "../statements/find-entity.ts";
import { keyScope, type RecalledRow, recallRequest } from "../statements/idempotency-key.ts";
import { scopeParameters } from "../statements/in-scope.ts";
import { type Knowledge, knowledgeOf, knownParameters } from "../statements/known-entity.ts";
import { listEntities } from "../statements/list-entities.ts";
import { placeValue } from "../statements/list-order.ts";
import { loadChosen } from "../statements/load-entities.ts";
import { type StoredEntityRow, toNewerEntity, toStoredTree } from "../statements/stored-entity.ts";
import { type SeenTree, withConditions } from "../statements/tree-columns.ts";
import { type TreeHistoryRow, toTreeEvents, treeHistoryText } from "../statements/tree-history.ts";
import { toParameter } from "../tables/column-sql.ts";
import { lookupsOf } from "./lookups.ts";
import { Queries } from "./queries.ts";
import { scopeOfKey, settingsOfScope } from "./settings-of-scope.ts";
import { readFailure } from "./violations.ts";

interface ListedRow extends StoredEntityRow {
  readonly position: string | null;
}

type EntityReads<Tx> = Pick<
  EntityStore<Tx>,
  "load" | "loadPast" | "recall" | "history" | "treeHistory" | "find" | "count" | "list"
>;

/** The reading half of an entity's store. */
export const entityReads = <DB>(
  database: Database<DB>,
  tables: EntityTables,
): EntityReads<Transaction<DB>> => {
  const { plan } = tables;
  const lookupsFor = lookupsOf(tables);
  const inScope = (seen?: Visibility) => scopeParameters(plan, seen);
  /** Children are no part of an entity's version, so that those who have any are read whole. */
  const heard = (known?: KnownEntities) => (plan.children.length === 0 ? known : undefined);
  const queries = new Queries();
  const recall = recallRequest(tables);
  // A request is answered from whole histories, children's too.
  const toTree = toStoredTree(tables, { history: true });
  const settingsOf = settingsOfScope(plan);

  const read = async <Row>(
    call: string,
    statement: Statement,
    parameters: readonly unknown[],
    join: Join<Transaction<DB>>,
    scope: Visibility["scope"],
  ): Promise<readonly Row[]> => {
    const operation = [plan.name, call] as const;
    try {
      const settings = settingsOf(scope);
      return final(await database.run<Row>(statement, parameters, join, operation, settings));
    } catch (error) {
      throw readFailure(plan, error);
    }
  };

  /** Reads with conditions over children, of which every combination is a text of its own. */
  const choosing = async <Row = StoredEntityRow>(
    call: string,
    first: readonly unknown[],
    text: (seen: SeenTree | undefined) => string,
    join: Join<Transaction<DB>>,
    seen: Visibility,
  ): Promise<readonly Row[]> => {
    const parameters = new Parameters(first);
    const sql = text(withConditions(tables, seen, parameters));
    const chosen = queries.statement(`chosen_${plan.indexTable}`, sql);
    return read<Row>(call, chosen, parameters.values, join, seen.scope);
  };

  return {
    load: async (ids, join, seen, told) => {
      const [first] = ids;
      const known = heard(told);
      const knows = known && knowledgeOf(known, ids.length === 1 ? "one" : "many");
      const { load, loadMany, toStored } = lookupsFor(seen, knows);
      if (seen?.childrenWhere !== undefined) {
        const call = ids.length === 1 ? "findById" : "findAll";
        const text = (sight: SeenTree | undefined) => loadChosen(tables, sight);
        return (await choosing(call, [ids, ...inScope(seen)], text, join, seen)).map(toStored);
      }
      const rest = [...inScope(seen), ...parametersOf(known, knows)];
      const rows =
        ids.length === 1
          ? await read<StoredEntityRow>("findById", load, [first, ...rest], join, of(seen))
          : await read<StoredEntityRow>("findAll", loadMany, [ids, ...rest], join, of(seen));
      return rows.map(toStored);
    },

    loadPast: async (id, bound, join, seen) => {
      const { past, toPast } = lookupsFor(seen);
      const parameters = [id, pastValue(bound), ...inScope(seen)];
      const [row] = await read<StoredEntityRow>(
        "findById",
        past[bound.kind],
        parameters,
        join,
        of(seen),
      );
      return row && toPast(row);
    },

    history: async (id, { above, below, direction, limit }, join, seen) => {
      const parameters = [id, above, below, limit, ...inScope(seen)];
      const statement = lookupsFor(seen).histories[direction];
      const [row] = await read<HistoryRow>("history", statement, parameters, join, of(seen));
      return row && toHistoryEvents(row);
    },

    treeHistory: async (id, { above, below, direction, limit }, join, seen) => {
      const parameters = [id, above, below, limit, ...inScope(seen)];
      if (seen?.childrenWhere !== undefined) {
        const text = (sight: SeenTree | undefined) => treeHistoryText(tables, direction, sight);
        const call = "treeHistory";
        const [row] = await choosing<TreeHistoryRow>(call, parameters, text, join, seen);
        return row && toTreeEvents(row);
      }
      const statement = lookupsFor(seen).treeHistories?.[direction];
      if (statement === undefined) throw new Error(`${plan.name} has no children`);
      const [row] = await read<TreeHistoryRow>(
        "treeHistory",
        statement,
        parameters,
        join,
        of(seen),
      );
      return row && toTreeEvents(row);
    },

    find: async (constraint, values, join, seen, told) => {
      const known = heard(told);
      const knows = known && knowledgeOf(known, "one");
      const { finds, toStored } = lookupsFor(seen, knows);
      const find = finds.get(constraint);
      if (find === undefined) throw new Error(`${plan.name} has no constraint "${constraint}"`);
      const parameters = find.columns.map((column, at) => toParameter(column, values[at]));
      if (seen?.childrenWhere !== undefined) {
        const text = (sight: SeenTree | undefined) => findEntityText(tables, find.unique, sight);
        const [chosen] = await choosing("find", parameters, text, join, seen);
        return chosen && toStored(chosen);
      }
      const all = [...parameters, ...parametersOf(known, knows)];
      const [row] = await read<StoredEntityRow>("find", find.statement, all, join, of(seen));
      return row && toStored(row);
    },

    recall: async (idempotency, join) => {
      const { key, fingerprint, within } = idempotency;
      const scope = scopeOfKey(idempotency);
      const parameters = [key, fingerprint, ...keyScope(plan, within)];
      const [row] = await read<RecalledRow>("recall", recall, parameters, join, scope);
      if (row === undefined) return undefined;
      if (!row.is_same) return { kind: "keyReused" };
      return { kind: "replayed", entity: toTree(row), firstSequence: row.first_sequence };
    },

    count: async (where, limit, join, seen) => {
      const { sql, parameters } = countEntities(tables, where, limit, seen);
      const counted = queries.statement(`count_${plan.indexTable}`, sql);
      const [row] = await read<{ count: number }>("count", counted, parameters, join, of(seen));
      return row?.count ?? 0;
    },

    list: async (query, join, seen, told) => {
      const known = heard(told);
      const { sql, parameters } = listEntities(tables, query, seen, known);
      const list = queries.statement(`list_${plan.indexTable}`, sql);
      const rows = await read<ListedRow>("list", list, parameters, join, of(seen));
      const toStored = known === undefined ? toStoredTree(tables, seen) : toNewerEntity;
      return rows.map((row) => ({
        ...toStored(row),
        position: { value: placeValue(tables, query.orderBy, row.position), id: row.id },
      }));
    },
  };
};

const of = (seen: Visibility | undefined): Visibility["scope"] => seen?.scope;

const parametersOf = (
  known: KnownEntities | undefined,
  knows: Knowledge | undefined,
): readonly unknown[] => (known && knows ? knownParameters(known, knows) : []);

/** The rows, without the marks by which they would be known where what was read may be undone. */
const final = <Row>({ rows, durability }: Outcome<Row>): readonly Row[] =>
  durability.kind === "committed" || !isMarked(rows[0])
    ? rows
    : rows.map((row) => ({ ...row, mark: undefined }));

const isMarked = (row: unknown): boolean =>
  typeof row === "object" && row !== null && "mark" in row;

const pastValue = (bound: PastBound): number | string => {
  switch (bound.kind) {
    case "version":
      return bound.version;
    case "position":
      return bound.position;
    case "time":
      return bound.at.toISOString();
  }
};
