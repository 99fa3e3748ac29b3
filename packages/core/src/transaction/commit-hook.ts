import type { WriteEnd } from "../decide/pending-write.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";

/** How a transaction ended that is not known to be committed. */
export type NotCommitted = Exclude<WriteEnd, "committed">;

/**
 * A kind of hook: what happens around the commit of a transaction with the data that was added for it.
 *
 * @typeParam Data what `tx.addHook(hook, data)` takes.
 * @typeParam Tx the transaction that `beforeCommit` writes through.
 */
export interface CommitHook<Data, Tx = unknown> {
  /**
   * Makes one of two additions to a transaction, the earlier given first, so that all of them are
   * handled once. Without it each is handled on its own. It must not change what it is given.
   */
  readonly merge?: (one: Data, other: Data) => Data;
  /** Runs inside the transaction, last thing before COMMIT; what it throws rolls back. */
  readonly beforeCommit?: (data: Data, tx: Tx) => unknown;
  /** Runs once the commit is known. What it throws is reported, and changes nothing any more. */
  readonly afterCommit?: (data: Data) => unknown;
  /** Runs after a rollback, also of the savepoint it was added in, or when the end is unknown. */
  readonly onRollback?: (data: Data, end: NotCommitted) => unknown;
  /** Kinds whose hooks run before those of this one, whatever the order they were added in. */
  readonly runsAfter?: readonly AnyCommitHook[];
}

/** A kind of hook with any data and transaction. */
export type AnyCommitHook = Omit<CommitHook<never, never>, "merge">;

/**
 * Defines a kind of hook, once, for use in any number of transactions.
 *
 * A kind can only run after kinds that were defined before it, so no two wait for each other.
 *
 * @throws InvalidDefinitionError for a hook that never runs.
 * @example
 * const outbox = defineCommitHook({
 *   merge: (one: Message[], other: Message[]) => [...one, ...other],
 *   beforeCommit: (messages, tx: AnnalsTransaction<Database>) => send(tx, messages),
 * });
 * tx.addHook(outbox, [message]);
 */
export const defineCommitHook = <Data, Tx = unknown>(
  hook: CommitHook<Data, Tx>,
): CommitHook<Data, Tx> => {
  if (!hook.beforeCommit && !hook.afterCommit && !hook.onRollback) {
    throw new InvalidDefinitionError(
      "commit hook",
      "it has no beforeCommit, afterCommit or onRollback",
      "Give it at least one of them.",
    );
  }
  const { runsAfter = [] } = hook;
  return Object.freeze({ ...hook, runsAfter: Object.freeze([...runsAfter]) });
};
