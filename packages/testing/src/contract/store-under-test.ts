import type { AnyEntity, AnyPublishedTopic, Clock, HookFailedError } from "@annals/core";
import type { Store } from "@annals/core/adapter";

/** What the store's own transactions are opened with. */
export interface TransactionUnderTest {
  readonly clock?: Clock;
  readonly onHookError?: (error: HookFailedError) => void;
}

/** A store, and what the suite needs beside the port. One is opened for each call of `describeStore`. */
export interface StoreUnderTest<Tx> {
  readonly store: Store<Tx>;

  /** Runs `work` in a transaction: commits when it returns, rolls back when it throws. */
  transaction<Result>(
    work: (tx: Tx) => Promise<Result>,
    options?: TransactionUnderTest,
  ): Promise<Result>;

  /**
   * The same as a user does it without the store's own function, for example through the database
   * library. Cases that need such a transaction's end to be seen may be skipped.
   */
  userTransaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;

  /** Creates the tables of these definitions. Every case brings definitions with names of their own. */
  prepare(definitions: readonly (AnyEntity | AnyPublishedTopic)[]): Promise<void>;

  /** Whether repositories keep what they read in memory: everything has to be as it is without. */
  readonly caches?: boolean;

  close(): Promise<void>;
}
