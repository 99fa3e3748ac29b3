import type { Savepoints } from "@annals/core/adapter";
import { CompiledQuery, type Transaction } from "kysely";

/** Savepoints by SQL, on the transaction's own connection, past plugins that would not know the text. */
export const savepointsOn = <DB>(tx: Transaction<DB>): Savepoints => {
  const plain = tx.withoutPlugins();
  const run = async (sql: string): Promise<void> => {
    await plain.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    // An instance of its own with the same plugins and schema.
    handle: () => tx.$extendTables(),
    set: (name) => run(`savepoint ${name}`),
    release: (name) => run(`release savepoint ${name}`),
    rollBackTo: async (name) => {
      await run(`rollback to savepoint ${name}`);
      // It would stay, and savepoints after it would be nested in it.
      await run(`release savepoint ${name}`);
    },
  };
};
