import { AnnalsError, type JsonValue } from "@annals/core";
import {
  type ColumnPlan,
  type Durability,
  type EntityPlan,
  type EntityStore,
  type EntityWrite,
  type Idempotency,
  isJoined,
  type Join,
  type WriteResult,
} from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database, Outcome } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import type { Statement } from "../connection/statement.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { holdEntities } from "../statements/hold-entities.ts";
import { keyScope } from "../statements/idempotency-key.ts";
import { touchTree, touchTrees } from "../statements/touch-trees.ts";
import { carriedColumns, writeEntity } from "../statements/write-entity.ts";
import { toParameter } from "../tables/column-sql.ts";
import { scopeColumns } from "../tables/scope-columns.ts";
import { answersKey } from "./answers-key.ts";
import { commonScope, settingsOfScope } from "./settings-of-scope.ts";
import { writeFailure } from "./violations.ts";

type EntityWrites<Tx> = Pick<EntityStore<Tx>, "write" | "touch" | "hold">;

/** The writing half of an entity's store. */
export const entityWrites = <DB>(
  database: Database<DB>,
  tables: EntityTables,
  recall: EntityStore<Transaction<DB>>["recall"],
  lockTimeoutMs: number,
): EntityWrites<Transaction<DB>> => {
  const { plan } = tables;
  const writes = writeStatements(tables);
  const touches = touchStatements(tables);
  const bound = `${lockTimeoutMs}ms`;
  const settingsOf = settingsOfScope(plan);
  const onCreate = writtenPlaces(plan, true);
  const onUpdate = writtenPlaces(plan, false);

  const tryWrite = async (
    write: EntityWrite,
    join: Join<Transaction<DB>>,
    isInTransaction: boolean,
  ): Promise<WriteResult> => {
    const isTouch = write.events.length === 0;
    const chosen = isTouch ? touches(write) : writes(write, isInTransaction);
    const places = write.expectedVersion === 0 ? onCreate : onUpdate;
    const parameters = isTouch
      ? touchParameters(plan, write, bound)
      : writeParameters(plan, write, places, bound);
    const call = write.expectedVersion === 0 ? "create" : "update";
    try {
      const settings = settingsOf(write.columns);
      const operation = [plan.name, call] as const;
      const result = written(await database.run(chosen, parameters, join, operation, settings));
      return result.kind === "conflict" && write.mayExist ? { kind: "exists" } : result;
    } catch (error) {
      if (error instanceof AnnalsError) throw error;
      const failure = writeFailure(plan, error);
      if (failure instanceof AnnalsError) throw failure;
      return failure;
    }
  };

  /** Writes what has a key, unless an earlier request has it. */
  const tryOnce = async (
    write: EntityWrite,
    idempotency: Idempotency,
    join: Join<Transaction<DB>>,
    isInTransaction: boolean,
  ): Promise<WriteResult> => {
    for (let attempt = 1; ; attempt += 1) {
      const result = await tryWrite(write, join, isInTransaction);
      // Nothing can be asked of a transaction that an error has ended.
      if (result.kind !== "conflict" || (isInTransaction && result.cause !== undefined))
        return result;
      const earlier = await recall(idempotency, join);
      if (earlier !== undefined) return earlier;
      // Only a key keeps a create from writing: it has expired since.
      if (write.expectedVersion > 0 || attempt === ATTEMPTS_MAX) return result;
    }
  };

  const touchAll = plan.hasRevision ? touchTrees(tables) : undefined;
  const holdAll = holdEntities(tables);

  /** Runs what looks at rows under their locks, and says which of them is in the way. */
  const conflictAt = async (
    chosen: Statement,
    given: readonly { readonly scope: readonly JsonValue[] }[],
    join: Join<Transaction<DB>>,
  ): Promise<{ readonly at: number | undefined; readonly durability: Durability }> => {
    const rows = JSON.stringify(given.map((row, at) => ({ ...row, at })));
    try {
      const outcome = await database.run<{ conflict: number | null }>(
        chosen,
        [rows, bound],
        join,
        [plan.name, "update"],
        settingsOf(
          commonScope(
            plan,
            given.map(({ scope }) => scope),
          ),
        ),
      );
      return { at: outcome.rows[0]?.conflict ?? undefined, durability: outcome.durability };
    } catch (error) {
      const failure = error instanceof AnnalsError ? error : writeFailure(plan, error);
      if (failure instanceof AnnalsError) throw failure;
      throw databaseError(`writing ${plan.name}`, error);
    }
  };

  return {
    touch: async (trees, join) => {
      if (touchAll === undefined) throw new Error(`${plan.name} has no children`);
      const { at, durability } = await conflictAt(touchAll, trees, join);
      return at === undefined ? { kind: "written", durability } : { kind: "conflict", at };
    },
    hold: async (read, join) => {
      const { at } = await conflictAt(holdAll, read, join);
      return at === undefined ? { kind: "held" } : { kind: "conflict", at };
    },
    write: (write, join) => {
      // The instance itself may be a transaction of the user's, whose bound must come back too.
      const isInTransaction = isJoined(join) || database.db.isTransaction;
      const { idempotency } = write;
      return idempotency === undefined
        ? tryWrite(write, join, isInTransaction)
        : tryOnce(write, idempotency, join, isInTransaction);
    },
  };
};

/** How often a create is tried whose key expires just when it is looked up. */
const ATTEMPTS_MAX = 3;

/** Chooses the statement for a write; the texts differ in what the header of theirs says. */
const writeStatements = (tables: EntityTables) => {
  const statements = new Map<number, Statement>();
  return (write: EntityWrite, restoresBound: boolean): Statement => {
    const { deletion } = write;
    const creates = write.expectedVersion === 0;
    const one = write.events.length === 1;
    const keyed = write.idempotency !== undefined;
    const mayExist = write.mayExist === true;
    const snapshot = write.snapshot !== undefined;
    const [deletes, restores] = [deletion === "deleted", deletion === "restored"];
    const key = answersKey(
      creates,
      one,
      deletes,
      restores,
      restoresBound,
      keyed,
      mayExist,
      snapshot,
    );
    const known = statements.get(key);
    if (known !== undefined) return known;
    const shape = { creates, one, deletion, restoresBound, keyed, mayExist, snapshot };
    const made = writeEntity(tables, shape);
    statements.set(key, made);
    return made;
  };
};

/** Chooses the statement for a write without events of its own. */
const touchStatements = (tables: EntityTables) => {
  const statements = new Map<number, Statement>();
  return ({ revision, idempotency }: EntityWrite): Statement => {
    const shape = { raises: revision !== undefined, keyed: idempotency !== undefined };
    const key = answersKey(shape.raises, shape.keyed);
    const known = statements.get(key) ?? touchTree(tables, shape);
    statements.set(key, known);
    return known;
  };
};

const touchParameters = (plan: EntityPlan, write: EntityWrite, bound: string): unknown[] => {
  const { id, expectedVersion, revision, idempotency, columns } = write;
  const scope = scopeColumns(plan).map((column, at) => toParameter(column, columns[at]));
  const parameters = [id, expectedVersion, expectedVersion, revision ?? 0, bound];
  if (idempotency === undefined) return [...parameters, ...scope];
  return [...parameters, null, null, ...keyParameters(plan, idempotency), ...scope];
};

/** An index column that a write sets, and its place among the columns of a write. */
interface WrittenColumn {
  readonly column: ColumnPlan;
  readonly at: number;
}

const writtenPlaces = (plan: EntityPlan, creates: boolean): readonly WrittenColumn[] =>
  carriedColumns(plan, creates).map((column) => ({ column, at: plan.columns.indexOf(column) }));

const writeParameters = (
  plan: EntityPlan,
  write: EntityWrite,
  places: readonly WrittenColumn[],
  bound: string,
): unknown[] => {
  const { id, expectedVersion, events, context, recordedAt, idempotency } = write;
  const parameters: unknown[] = [
    id,
    expectedVersion,
    expectedVersion + events.length,
    recordedAt?.toISOString() ?? null,
    bound,
    JSON.stringify(events.length === 1 ? events[0]?.body : eventList(write)),
    context && JSON.stringify(context),
  ];
  if (idempotency !== undefined) parameters.push(...keyParameters(plan, idempotency));
  for (const { column, at } of places) parameters.push(toParameter(column, write.columns[at]));
  if (plan.hasRevision && expectedVersion > 0) parameters.push(write.revision ?? null);
  if (write.snapshot !== undefined) parameters.push(JSON.stringify(write.snapshot));
  return parameters;
};

const keyParameters = (
  plan: EntityPlan,
  { key, fingerprint, ttlMs, within }: Idempotency,
): readonly unknown[] => [key, fingerprint, ttlMs, ...keyScope(plan, within)];

const eventList = ({ id, expectedVersion, events }: EntityWrite) =>
  events.map(({ body }, at) => ({ id, sequence: expectedVersion + at + 1, event: body }));

const written = ({ rows, durability }: Outcome<{ written?: boolean }>): WriteResult =>
  rows[0]?.written === true ? { kind: "written", durability } : { kind: "conflict" };
