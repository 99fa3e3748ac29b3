import { AnnalsError } from "./annals-error.ts";

/** A repository was called without `{ tx }` while a transaction of the same database is running. */
export class TransactionNotJoinedError extends AnnalsError {
  readonly code = "ANNALS_TRANSACTION_NOT_JOINED";

  constructor(entity: string, operation: string) {
    super({
      message: `${entity}.${operation} was called without { tx } inside a running transaction`,
      hint: 'Pass { tx } to take part in it, or { tx: "none" } to commit on its own on purpose.',
    });
  }
}

/** A repository that was opened with `requireTransaction` was called without `{ tx }`. */
export class TransactionRequiredError extends AnnalsError {
  readonly code = "ANNALS_TRANSACTION_REQUIRED";
  readonly entity: string;

  constructor(entity: string) {
    super({
      message: `The repository of ${entity} demands a transaction, and was called without { tx }`,
      hint: 'Open one with transaction(db, async (tx) => …) and pass { tx }; "none" is none.',
    });
    this.entity = entity;
  }
}

/** A `tx` was used when it could not take anything in. Nothing was done. */
export class TransactionUnusableError extends AnnalsError {
  readonly code = "ANNALS_TRANSACTION_UNUSABLE";
  /**
   * `over`: it has ended. `savepoint-open`: a savepoint that was set on it has not ended yet.
   * `not-ours`: it was opened through the database library, which tells nobody when it commits.
   */
  readonly reason: "over" | "savepoint-open" | "not-ours";

  constructor(reason: TransactionUnusableError["reason"], operation: string) {
    super({ message: `${operation}: ${PROBLEM[reason]}`, hint: HINT[reason] });
    this.reason = reason;
  }
}

const PROBLEM: Readonly<Record<TransactionUnusableError["reason"], string>> = {
  over: "the transaction or savepoint of this tx has ended",
  "savepoint-open": "a savepoint of this tx is still open",
  "not-ours": "this transaction was not opened by transaction(), so nobody sees its commit coming",
};

const HINT: Readonly<Record<TransactionUnusableError["reason"], string>> = {
  over: "Await everything that uses tx before its function returns.",
  "savepoint-open":
    "Inside a savepoint use the tx that its function is given, and await one savepoint before the next.",
  "not-ours": "Open it with transaction(db, async (tx) => …) where hooks are to run.",
};

/** Hooks that run before the commit kept adding hooks. The transaction is rolled back. */
export class TooManyHookRoundsError extends AnnalsError {
  readonly code = "ANNALS_TOO_MANY_HOOK_ROUNDS";

  constructor(rounds: number) {
    super({
      message: `After ${rounds} rounds, hooks before the commit still add others`,
      hint: "Look for a hook that adds itself, or two that add each other.",
    });
  }
}

/** A hook failed after the transaction had ended. It changes nothing about that end. */
export class HookFailedError extends AnnalsError {
  readonly code = "ANNALS_HOOK_FAILED";
  readonly phase: "afterCommit" | "onRollback";

  constructor(phase: HookFailedError["phase"], options: ErrorOptions) {
    const end = phase === "afterCommit" ? "is committed" : "had ended without a commit";
    super(
      {
        message: `A hook of ${phase} failed; the transaction ${end}`,
        hint: "See the cause. Catch in the hook what it can do something about.",
      },
      options,
    );
    this.phase = phase;
  }
}
