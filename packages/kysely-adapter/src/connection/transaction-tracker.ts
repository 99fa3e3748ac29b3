import type { WriteEnd } from "@annals/core/adapter";
import {
  chains,
  isCommit,
  isPrepareTransaction,
  isRollbackTo,
  savepointName,
  statementsOf,
} from "./control-statements.ts";

type EndListener = (end: WriteEnd) => void;

interface Waiting {
  readonly listener: EndListener;
  /** How many savepoints were open when it began to wait. */
  readonly depth: number;
}

/**
 * Knows whether one connection is in a transaction and how that ends, from the statements that pass
 * and the command tags that come back. PostgreSQL answers COMMIT with the tag ROLLBACK when the
 * transaction had failed, so the tag is the truth, not the text.
 */
export class TransactionTracker {
  #open = false;
  #savepoints: string[] = [];
  #waiting: Waiting[] = [];

  get isOpen(): boolean {
    return this.#open;
  }

  /** Calls `listener` once, when the fate of what was written up to now is known. */
  onEnd(listener: EndListener): void {
    this.#waiting.push({ listener, depth: this.#savepoints.length });
  }

  /** Takes note of a text that succeeded; it holds as many statements as commands came back. */
  succeeded(sql: string, commands: readonly string[]): void {
    if (!commands.some((command) => CONTROL.has(command))) return;
    const statements = statementsOf(sql);
    const areKnown = statements.length === commands.length;
    // Taken apart wrongly, the text tells nothing about savepoints any more.
    if (!areKnown) this.#give(this.#waiting, "unknown");
    for (const [at, command] of commands.entries()) {
      this.#succeeded(areKnown ? (statements[at] as string) : "", command);
    }
  }

  #succeeded(statement: string, command: string): void {
    switch (command) {
      case "BEGIN":
      case "START":
        this.#open = true;
        break;
      case "SAVEPOINT":
        this.#savepoints.push(savepointName(statement));
        break;
      case "RELEASE":
        this.#release(savepointName(statement));
        break;
      case "ROLLBACK":
        if (isRollbackTo(statement)) this.#rollbackTo(savepointName(statement));
        else this.end("rolledBack", chains(statement));
        break;
      case "COMMIT":
        this.end("committed", chains(statement));
        break;
      case "PREPARE":
        if (isPrepareTransaction(statement)) this.end("unknown");
        break;
    }
  }

  /**
   * Takes note of a text that failed: `refused` says that it surely did nothing, `lost` that the
   * connection is gone. With neither, a client's own timeout for example, what follows will tell.
   */
  failed(sql: string, how: "refused" | "lost" | "uncertain"): void {
    if (!this.#open) return;
    const statements = statementsOf(sql);
    // In a text of several, the commit may have passed before something else failed.
    const isRefused = how === "refused" && statements.length === 1;
    if (statements.some(isCommit)) this.end(isRefused ? "rolledBack" : "unknown");
    // Without its connection, a transaction that was not told to commit is rolled back.
    else if (how === "lost") this.end("rolledBack");
  }

  /** Ends the transaction; in a chain the next one is open at once. */
  end(end: WriteEnd, isChained = false): void {
    this.#savepoints = [];
    this.#open = isChained;
    this.#give(this.#waiting, end);
  }

  #release(name: string): void {
    const depth = this.#savepoints.lastIndexOf(name);
    if (depth === -1) return;
    this.#savepoints.length = depth;
    this.#waiting = this.#waiting.map((one) => ({ ...one, depth: Math.min(one.depth, depth) }));
  }

  #rollbackTo(name: string): void {
    const depth = this.#savepoints.lastIndexOf(name);
    if (depth === -1) {
      // Nobody saw this savepoint being set, so anything may have been undone.
      this.#give(this.#waiting, "unknown");
      return;
    }
    // The savepoint itself stays, so that it can be rolled back to again.
    this.#savepoints.length = depth + 1;
    const undone = this.#waiting.filter((one) => one.depth > depth);
    this.#give(undone, "rolledBack");
  }

  /** Tells these how they ended, the latest first: each gives back to where it began. */
  #give(ended: readonly Waiting[], end: WriteEnd): void {
    this.#waiting = this.#waiting.filter((one) => !ended.includes(one));
    for (const { listener } of ended.toReversed()) listener(end);
  }
}

/** Command tags, as `pg` shortens them, of statements that begin or end something. */
const CONTROL: ReadonlySet<string> = new Set([
  ...["BEGIN", "START", "COMMIT", "ROLLBACK", "PREPARE", "SAVEPOINT", "RELEASE"],
]);
