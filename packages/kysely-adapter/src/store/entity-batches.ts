import { AnnalsError } from "@annals/core";
import {
  type BatchResult,
  type BatchWrite,
  type EntityStore,
  isJoined,
  type Join,
} from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database, Outcome } from "../connection/database.ts";
import type { ScopeSettings } from "../connection/scope-settings.ts";
import { isRefusedValue } from "../connection/sqlstate.ts";
import type { Statement } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import type { BatchOutcome } from "../statements/batch-parts.ts";
import { createEntities } from "../statements/create-entities.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { parkValues } from "../statements/park-values.ts";
import { updateEntities } from "../statements/update-entities.ts";
import { BatchRefused, batchFailure, refusalOf } from "./batch-failure.ts";
import { batchParameters, parkedColumnsOf, roomRows } from "./batch-parameters.ts";
import { commonScope, settingsOfScope } from "./settings-of-scope.ts";
import { canMakeRoom, parkingCost } from "./stand-ins.ts";
import { type Parked, valueMoves } from "./value-moves.ts";

/** How often a batch that commits on its own looks again at who took its values meanwhile. */
const ATTEMPTS = 3;

/** The writing of many entities at once. */
export const entityBatches = <DB>(
  database: Database<DB>,
  tables: EntityTables,
  lockTimeoutMs: number,
): Pick<EntityStore<Transaction<DB>>, "writeAll"> => {
  const { plan } = tables;
  const bound = `${lockTimeoutMs}ms`;
  const create = createEntities(tables);
  const update = updateEntities(tables, { moves: false });
  const updateMoving = updateEntities(tables, { moves: true });
  const parkedColumns = parkedColumnsOf(plan);
  const park = parkedColumns.length === 0 ? undefined : parkValues(tables, parkedColumns);

  const settingsOf = settingsOfScope(plan);
  const settingsFor = (writes: readonly BatchWrite[]): ScopeSettings | undefined =>
    plan.rowLevelSecurity
      ? settingsOf(
          commonScope(
            plan,
            writes.map(({ columns }) => columns),
          ),
        )
      : undefined;

  const run = async (
    statement: Statement,
    parameters: readonly unknown[],
    join: Join<Transaction<DB>>,
    settings: ScopeSettings | undefined,
  ): Promise<BatchResult> => {
    const call = statement === create ? "createAll" : "updateAll";
    const operation = [plan.name, call] as const;
    const outcome: Outcome<BatchOutcome> = await database.run(
      statement,
      parameters,
      join,
      operation,
      settings,
    );
    const { durability, rows } = outcome;
    return refusalOf(plan, rows[0]) ?? { kind: "written", durability };
  };

  const createAll = (writes: readonly BatchWrite[], join: Join<Transaction<DB>>) =>
    run(create, batchParameters(plan, writes, bound, []), join, settingsFor(writes));

  const updateAll = async (
    writes: readonly BatchWrite[],
    join: Join<Transaction<DB>>,
    looks: boolean,
  ): Promise<BatchResult> => {
    const moves = valueMoves(plan, writes, (unique) => parkingCost(plan, unique));
    const parameters = batchParameters(plan, writes, bound, moves.order);
    const settings = settingsFor(writes);
    if (moves.parked.length === 0) {
      const chosen = moves.moves ? updateMoving : update;
      return run(chosen, [...parameters, looks || moves.moves], join, settings);
    }
    const rooms = roomFor(writes, moves.parked);
    return inTransaction(join, async (tx) => {
      const recordedAt = plan.lifecycle === undefined ? [] : [parameters[3]];
      const parking = [parameters[0], rooms, bound, ...recordedAt];
      await makeRoom(parking, moves.parked, tx, settings);
      // What is taken from now on has to fail: the rows that made room must not stay as they are.
      return run(updateMoving, [...parameters, false], tx, settings);
    });
  };

  const roomFor = (writes: readonly BatchWrite[], parked: readonly Parked[]): string => {
    const unmovable = parked
      .flatMap(({ constraints }) => constraints)
      .find((unique) => !canMakeRoom(plan, unique));
    if (unmovable !== undefined) {
      throw new BatchRefused({ kind: "cycle", constraint: unmovable.constraint });
    }
    return JSON.stringify(roomRows(plan, writes, parked));
  };

  /** Has others stand in for the values of the parked members, or ends the transaction. */
  const makeRoom = async (
    parameters: readonly unknown[],
    parked: readonly Parked[],
    tx: Transaction<DB>,
    settings: ScopeSettings | undefined,
  ): Promise<void> => {
    const constraint = parked[0]?.constraints[0]?.constraint ?? "unknown";
    try {
      const outcome: Outcome<BatchOutcome> = await database.run(
        park as Statement,
        parameters,
        tx,
        [plan.name, "updateAll"],
        settings,
      );
      const [row] = outcome.rows;
      const refused = refusalOf(plan, row);
      if (refused !== undefined) throw new BatchRefused(refused);
      if (typeof row?.stuck !== "number") return;
      const stuck = parkedColumns[row.stuck]?.uniques[0]?.constraint ?? constraint;
      throw new BatchRefused({ kind: "cycle", constraint: stuck });
    } catch (error) {
      if (!isRefusedValue(error)) throw error;
      throw new BatchRefused({ kind: "cycle", constraint, cause: error });
    }
  };

  const inTransaction = async (
    join: Join<Transaction<DB>>,
    work: (tx: Transaction<DB>) => Promise<BatchResult>,
  ): Promise<BatchResult> => {
    const operation = [plan.name, "updateAll"] as const;
    if (join === undefined) database.checkNotForgotten(operation);
    const joined = database.joined(join, operation);
    if (joined !== undefined) return work(joined);
    if (database.db.isTransaction) return work(database.db as Transaction<DB>);
    const result = await transaction(database.db, work);
    return result.kind === "written" ? { ...result, durability: { kind: "committed" } } : result;
  };

  return {
    writeAll: async (writes, join) => {
      const creates = writes[0]?.expectedVersion === 0;
      const isInTransaction = isJoined(join) || database.db.isTransaction;
      for (let attempt = 1; ; attempt += 1) {
        try {
          if (creates) return await createAll(writes, join);
          return await updateAll(writes, join, attempt > 1);
        } catch (error) {
          if (error instanceof AnnalsError) throw error;
          if (error instanceof BatchRefused) return error.result;
          const { result, mayLookAgain } = batchFailure(plan, writes, error);
          // Nothing of it remains, so it can look again at who was first. A joined transaction is lost.
          if (mayLookAgain && !isInTransaction && attempt < ATTEMPTS) continue;
          if (result instanceof AnnalsError) throw result;
          return result;
        }
      }
    },
  };
};
