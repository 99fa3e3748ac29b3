import type { WriteEnd } from "@annals/core/adapter";

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

  /** Takes note of a statement that succeeded. */
  succeeded(sql: string, command: string): void {
    switch (command) {
      case "BEGIN":
      case "START":
        this.#open = true;
        break;
      case "SAVEPOINT":
        this.#savepoints.push(savepointName(sql));
        break;
      case "RELEASE":
        this.#release(savepointName(sql));
        break;
      case "ROLLBACK":
        if (isRollbackTo(sql)) this.#rollbackTo(savepointName(sql));
        else this.end("rolledBack", sql);
        break;
      case "COMMIT":
        this.end("committed", sql);
        break;
      case "PREPARE":
        if (/^\s*prepare\s+transaction\b/i.test(sql)) this.end("unknown", sql);
        break;
    }
  }

  /** Takes note of a statement that failed; `reported` says that the server told so itself. */
  failed(sql: string, reported: boolean): void {
    if (!this.#open) return;
    const committing = /^\s*(commit|end)\b/i.test(sql);
    if (committing) this.end(reported ? "rolledBack" : "unknown", sql);
    // Without its connection, a transaction that was not told to commit is rolled back.
    else if (!reported) this.end("rolledBack", sql);
  }

  /** Ends the transaction; `and chain` opens the next one at once. */
  end(end: WriteEnd, sql = ""): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#savepoints = [];
    this.#open = /\band\s+chain\b/i.test(sql) && !/\bno\s+chain\b/i.test(sql);
    notify(waiting, end);
  }

  #release(name: string): void {
    const depth = this.#savepoints.lastIndexOf(name);
    if (depth === -1) return;
    this.#savepoints.length = depth;
    this.#waiting = this.#waiting.map((one) => ({ ...one, depth: Math.min(one.depth, depth) }));
  }

  #rollbackTo(name: string): void {
    const depth = this.#savepoints.lastIndexOf(name);
    if (depth === -1) return;
    // The savepoint itself stays, so that it can be rolled back to again.
    this.#savepoints.length = depth + 1;
    const undone = this.#waiting.filter((one) => one.depth > depth);
    this.#waiting = this.#waiting.filter((one) => one.depth <= depth);
    notify(undone, "rolledBack");
  }
}

// The latest write first: each gives back to where it began.
const notify = (waiting: readonly Waiting[], end: WriteEnd): void => {
  for (const { listener } of waiting.toReversed()) listener(end);
};

const isRollbackTo = (sql: string): boolean =>
  /^\s*rollback\s+(work\s+|transaction\s+)?to\b/i.test(sql);

/** The name in a savepoint command: quoted as it stands, unquoted in small letters. */
const savepointName = (sql: string): string => {
  const name = /(?:"((?:[^"]|"")*)"|([^\s;"]+))[\s;]*$/.exec(sql);
  return name?.[1]?.replaceAll('""', '"') ?? name?.[2]?.toLowerCase() ?? "";
};
