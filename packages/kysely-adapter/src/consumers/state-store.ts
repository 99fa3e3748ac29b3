import { AnnalsError } from "@annals/core";
import type { StateStore } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import type { Statement } from "../connection/statement.ts";
import {
  type DueStateRow,
  deleteState,
  getState,
  type StateValueRow,
  setState,
  takeDueState,
} from "../statements/keyed-state.ts";

/** Keeps state by key on PostgreSQL, in one table for all consumers. */
export const stateStore = <DB>(
  database: Database<DB>,
  name: string,
): StateStore<Transaction<DB>> => {
  const run = async <Row>(
    text: Statement,
    parameters: readonly unknown[],
    tx: Transaction<DB>,
    call: string,
  ): Promise<readonly Row[]> => {
    try {
      return (await database.run<Row>(text, [name, ...parameters], tx, [name, call])).rows;
    } catch (error) {
      throw error instanceof AnnalsError ? error : databaseError(`keeping state of ${name}`, error);
    }
  };

  return {
    get: async (key, tx) => {
      const [row] = await run<StateValueRow>(getState, [key], tx, "get");
      return row?.value ?? undefined;
    },
    set: async (key, value, until, tx) => {
      const parameters = [key, JSON.stringify(value), until?.toISOString() ?? null];
      await run(setState, parameters, tx, "set");
    },
    delete: async (key, tx) => (await run(deleteState, [key], tx, "delete")).length > 0,
    takeDue: (time, limit, tx) =>
      run<DueStateRow>(takeDueState, [time.toISOString(), limit], tx, "takeDue"),
  };
};
