import { statement } from "./statement.ts";

/** What a server would answer, where it need not be asked. */
export interface Answer {
  readonly command: "BEGIN" | "COMMIT" | "ROLLBACK" | "SELECT";
  readonly rows: readonly unknown[];
}

/** Asks whether a transaction has sent anything yet. Only a pool of ours knows; others answer that it has. */
export const HAS_BEGUN = statement("has_begun", "select true as has_begun");

/** What BEGIN failed with, by the error that the first statement was told. */
const failures = new WeakMap<object, { readonly cause: unknown }>();

/** What a transaction could not begin with, where that is why its first statement failed. */
export const beginFailure = (error: unknown): { readonly cause: unknown } | undefined =>
  error instanceof Error ? failures.get(error) : undefined;

/**
 * Keeps BEGIN back until there is something to send: a transaction begins with its first statement, and one
 * that has none costs no round trip.
 */
export class DeferredBegin {
  readonly #send: () => Promise<unknown>;
  #isKeptBack = false;
  #sending: Promise<unknown> | undefined;
  #hasFailed = false;

  constructor(send: () => Promise<unknown>) {
    this.#send = send;
  }

  /** Whether nothing of the transaction has reached the server. */
  get isUnsent(): boolean {
    return this.#isKeptBack || this.#hasFailed;
  }

  /**
   * @param isOpen whether the connection is in a transaction already.
   * @returns the answer to a text that need not be sent.
   */
  answer(sql: string, isOpen: boolean): Answer | undefined {
    if (sql === "begin" && !isOpen) {
      this.#isKeptBack = true;
      return { command: "BEGIN", rows: [] };
    }
    if (sql === HAS_BEGUN.sql) {
      return { command: "SELECT", rows: [{ has_begun: isOpen && !this.isUnsent }] };
    }
    if (sql === "rollback" && this.isUnsent) return this.#ended("ROLLBACK");
    if (sql === "commit" && this.#isKeptBack) return this.#ended("COMMIT");
    return undefined;
  }

  /**
   * Sends what was kept back; everything else waits for it.
   *
   * @throws what BEGIN failed with, until the transaction is rolled back: without one, nothing may be sent.
   */
  sent(): Promise<unknown> | undefined {
    if (this.#isKeptBack) {
      this.#isKeptBack = false;
      this.#sending = this.#send().then(
        () => {
          this.#sending = undefined;
        },
        (cause: unknown) => {
          this.#hasFailed = true;
          const error = cause instanceof Error ? cause : new Error("BEGIN failed", { cause });
          failures.set(error, { cause });
          throw error;
        },
      );
    }
    return this.#sending;
  }

  /** Forgets a transaction that nobody ended. */
  forget(): void {
    this.#isKeptBack = false;
    this.#hasFailed = false;
    this.#sending = undefined;
  }

  #ended(command: "COMMIT" | "ROLLBACK"): Answer {
    this.forget();
    return { command, rows: [] };
  }
}
