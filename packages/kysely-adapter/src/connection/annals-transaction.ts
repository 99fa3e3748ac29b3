import type { TransactionHooks } from "@annals/core";
import { scopeOf, TransactionScope } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import { savepointsOn } from "./savepoints.ts";

/**
 * A transaction that `transaction()` opened: all of Kysely's, and with it hooks around the commit,
 * savepoints and one time.
 *
 * What derives from it, such as `tx.withSchema("app")`, runs in the same transaction but is Kysely's alone.
 */
export interface AnnalsTransaction<DB>
  extends Transaction<DB>,
    TransactionHooks<AnnalsTransaction<DB>> {}

/**
 * A user's own transaction with our members: those that need to see its commit coming throw. It is an
 * instance of its own, so that nothing is changed about the user's.
 */
export const adopted = <DB>(tx: Transaction<DB>): AnnalsTransaction<DB> => {
  if (scopeOf(tx) !== undefined) return tx as AnnalsTransaction<DB>;
  const savepoints = savepointsOn(tx);
  const parts = { savepoints, clock: undefined, report: () => {}, isOurs: false };
  return new TransactionScope<AnnalsTransaction<DB>>(savepoints.handle(), parts).tx;
};
