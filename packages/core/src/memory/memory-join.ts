import { isJoined } from "../port/joined.ts";
import type { Join } from "../port/store.ts";
import { scopeOf } from "../transaction/transaction-scope.ts";
import type { MemoryChanges, MemoryTransaction } from "./memory-transaction.ts";

/**
 * The transaction that a call takes part in.
 *
 * @throws TransactionUnusableError
 */
export const transactionOf = (
  join: Join<MemoryTransaction>,
  call = "a call of a repository",
): MemoryTransaction | undefined => {
  if (!isJoined(join)) return undefined;
  scopeOf(join)?.check(call);
  return join;
};

/** What the transaction that a call takes part in has written so far. */
export const changesOf = (join: Join<MemoryTransaction>): MemoryChanges | undefined =>
  transactionOf(join)?.changes;
