import { AnnalsError } from "@annals/core";
import type {
  ColumnPlan,
  EntityPlan,
  EntityStore,
  EntityWrite,
  WriteResult,
} from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database, Outcome } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { type WriteShape, writeEntity, writtenColumns } from "../statements/write-entity.ts";
import { toParameter } from "../tables/column-sql.ts";
import { writeFailure } from "./violations.ts";

type EntityWrites<Tx> = Pick<EntityStore<Tx>, "write">;

/** The writing half of an entity's store. */
export const entityWrites = <DB>(
  database: Database<DB>,
  tables: EntityTables,
  lockTimeoutMs: number,
): EntityWrites<Transaction<DB>> => {
  const { plan } = tables;
  const writes = writeStatements(tables);
  const bound = `${lockTimeoutMs}ms`;
  const onCreate = writtenPlaces(plan, true);
  const onUpdate = writtenPlaces(plan, false);

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
        if (error instanceof AnnalsError) throw error;
        const failure = writeFailure(plan, error);
        if (failure instanceof AnnalsError) throw failure;
        return failure;
      }
    },
  };
};

/** Chooses the statement for a write; the texts differ in what the header of theirs says. */
const writeStatements = (tables: EntityTables) => {
  const statements = new Map<string, Statement>();
  for (const shape of writeShapes(tables.plan)) {
    statements.set(keyOf(shape), writeEntity(tables, shape));
  }
  return (
    { expectedVersion, events, deletion }: EntityWrite,
    restoresBound: boolean,
  ): Statement => {
    const [creates, one] = [expectedVersion === 0, events.length === 1];
    return statements.get(keyOf({ creates, one, deletion, restoresBound })) as Statement;
  };
};

function* writeShapes({ lifecycle }: EntityPlan): Iterable<WriteShape> {
  const deletions = lifecycle === undefined ? [undefined] : [undefined, ...DELETIONS];
  for (const deletion of deletions) {
    for (const creates of [true, false]) {
      for (const one of [true, false]) {
        for (const restoresBound of [true, false]) yield { creates, one, deletion, restoresBound };
      }
    }
  }
}

const DELETIONS = ["deleted", "restored"] as const;

const keyOf = ({ creates, one, deletion, restoresBound }: WriteShape): string =>
  `${creates} ${one} ${deletion} ${restoresBound}`;

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
  const { id, expectedVersion, events, context, recordedAt } = write;
  return [
    id,
    expectedVersion,
    expectedVersion + events.length,
    recordedAt?.toISOString() ?? null,
    bound,
    JSON.stringify(events.length === 1 ? events[0]?.body : eventList(write)),
    context && JSON.stringify(context),
    ...places.map(({ column, at }) => toParameter(column, write.columns[at])),
  ];
};

const eventList = ({ id, expectedVersion, events }: EntityWrite) =>
  events.map(({ body }, at) => ({ id, sequence: expectedVersion + at + 1, event: body }));

const written = ({ rows, durability }: Outcome<{ written?: boolean }>): WriteResult =>
  rows[0]?.written === true ? { kind: "written", durability } : { kind: "conflict" };
