import type { CommitHook, NotCommitted } from "./commit-hook.ts";

/**
 * What a transaction of ours has beside the database library's own members.
 *
 * What derives from it, such as `tx.withSchema("app")`, is the same transaction without these members.
 */
export interface TransactionHooks<Tx> {
  /**
   * The time of this transaction: when it began, by the clock it was given or else the process's. With a
   * clock given, it is also the time that the events written in it are recorded with.
   */
  readonly now: Date;

  /**
   * Runs `hook` inside the transaction, last thing before COMMIT: in the order of registration, each
   * awaited before the next, whatever it returns. It may write with `{ tx }` and add further hooks. What it throws rolls back.
   */
  beforeCommit(hook: (tx: Tx) => unknown): void;

  /**
   * Runs `hook` once the commit is known, before the call of the transaction returns: in the order of
   * registration, each awaited before the next. What it throws is reported, and stops no other hook.
   */
  afterCommit(hook: () => unknown): void;

  /**
   * Runs `hook` when the transaction, or the savepoint it was registered in, was rolled back; or when
   * nobody can tell, `unknown`, because the connection broke at COMMIT. The latest runs first.
   */
  onRollback(hook: (end: NotCommitted) => unknown): void;

  /** Adds data for a kind of hook, merged with what was added for it before if the kind says how. */
  addHook<Data>(hook: CommitHook<Data, Tx>, data: NoInfer<Data>): void;

  /**
   * Runs `work` in a savepoint: when it throws, what it wrote is undone, hooks it registered are dropped
   * (those of `onRollback` run), its entities get their pending events back, and the error is thrown on.
   * The transaction itself goes on. Savepoints nest to any depth.
   *
   * While `work` runs, use the `tx` that it is given: the one outside rests until it ends.
   *
   * @throws TransactionUnusableError when another savepoint of the same `tx` is open.
   */
  savepoint<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
}
