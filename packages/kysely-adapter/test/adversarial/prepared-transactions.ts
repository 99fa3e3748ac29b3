import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CompiledQuery, type Kysely } from "kysely";
import type { Tables } from "./entities.ts";
import type { Session } from "./session.ts";

/** The server has room for 20; the rest of a transaction's life needs none. */
const MOST = 8;

/** Ends prepared transactions some time after their sessions have left them, crash or no crash. */
export class PreparedTransactions {
  readonly #db: Kysely<Tables>;
  readonly #ending = new Set<Promise<void>>();

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  hasRoom(): boolean {
    return this.#ending.size < MOST;
  }

  /** Prepares the session's transaction, and commits or rolls it back after a while. */
  async leave(session: Session, forMs: number, commits: boolean): Promise<void> {
    const gid = `left-${randomUUID()}`;
    const verb = commits ? "commit" : "rollback";
    try {
      await session.prepare(gid);
    } finally {
      // Also after an error: a connection that broke may have broken on the way back.
      const ending = this.#end(`${verb} prepared '${gid}'`, forMs).finally(() =>
        this.#ending.delete(ending),
      );
      this.#ending.add(ending);
    }
  }

  /** Resolves when none is left. */
  async allEnded(): Promise<void> {
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  async #end(statement: string, afterMs: number): Promise<void> {
    for (let waitMs = afterMs; ; waitMs = 50) {
      await sleep(waitMs);
      try {
        await this.#db.executeQuery(CompiledQuery.raw(statement));
        return;
      } catch (error) {
        // The server may be down just now. Gone means that an earlier try got through.
        if ((error as { code?: string }).code === "42704") return;
      }
    }
  }
}
