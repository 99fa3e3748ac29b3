import type { Kysely } from "kysely";
import { identityOf } from "../connection/database.ts";
import { WakeUps } from "../connection/wake-ups.ts";
import { Announcing } from "./announcing.ts";
import { Listening } from "./listening.ts";

/** The parts of `pg.Pool` that hints use. */
export interface HintPool {
  connect(): Promise<HintClient>;
  on?(event: "error", listener: () => void): unknown;
}

/** The parts of a client of `pg.Pool` that hints use. */
export interface HintClient {
  query(text: string, values?: string[]): Promise<unknown>;
  release(destroy?: boolean): void;
  on(event: "notification", listener: (notification: Notification) => void): unknown;
  on(event: "error" | "end", listener: () => void): unknown;
}

/** What the server sends to those who listen. */
export interface Notification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

export interface NotifyHintsOptions {
  /**
   * Connections to the server itself, not through a pooler that hands them out by transaction. One of them
   * listens as long as consumers run in this process; another one is taken for a moment to announce what was
   * committed. A pool of its own with `max: 2` keeps both apart from the application's.
   */
  readonly pool: HintPool;
  /** The channel of NOTIFY, the same in all processes. Default is `annals`. */
  readonly channel?: string;
}

export interface NotifyHints {
  /** Stops announcing and listening. Consumers go on by polling. The pool stays open. */
  close(): Promise<void>;
}

/**
 * Lets processes wake each other's consumers by NOTIFY. What this process commits is announced after the
 * commit, on a connection of its own and for many commits at a time, so that no append waits for it; and
 * what others announce wakes up the consumers here.
 *
 * Only a hint: consumers poll as they do without it, and while the connection that listens is lost, until it
 * is back, events come a little later.
 *
 * @example
 * const hints = notifyHints(db, { pool: new pg.Pool({ connectionString, max: 2 }) });
 */
export const notifyHints = <DB>(
  db: Kysely<DB>,
  { pool, channel = "annals" }: NotifyHintsOptions,
): NotifyHints => {
  // pg emits a lost connection as an event, which ends the process when nobody listens.
  pool.on?.("error", () => {});
  const wakeUps = WakeUps.of(identityOf(db));
  const process = crypto.randomUUID();
  const announcing = new Announcing(pool, channel, process);
  const listening = new Listening(pool, channel, process, (tables) => wakeUps.wake(tables));
  const unrelay = wakeUps.relay({
    committed: (table) => announcing.add(table),
    watched: (isWatched) => listening.want(isWatched),
  });
  return {
    close: async () => {
      unrelay();
      await Promise.all([announcing.end(), listening.end()]);
    },
  };
};
