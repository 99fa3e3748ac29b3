import { systemClock } from "@annals/core";
import { announcementText } from "./announcement.ts";
import type { HintClient, HintPool } from "./notify-hints.ts";

/** However much is committed, announcements come no closer to each other than this. */
const SPACING_MS = 2;
/** After one that failed. What it would have told is found by polling. */
const FAILED_MS = 1_000;

/** Announces commits, many at a time, each announcement a transaction of its own. */
export class Announcing {
  readonly #pool: HintPool;
  readonly #channel: string;
  readonly #process: string;
  readonly #ending = new AbortController();
  readonly #tables = new Set<string>();
  readonly #survivors = new WeakSet<HintClient>();
  #work: Promise<void> | undefined;

  constructor(pool: HintPool, channel: string, process: string) {
    this.#pool = pool;
    this.#channel = channel;
    this.#process = process;
  }

  add(table: string): void {
    if (this.#ending.signal.aborted) return;
    this.#tables.add(table);
    this.#work ??= this.#announceAll().finally(() => {
      this.#work = undefined;
    });
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#work;
  }

  async #announceAll(): Promise<void> {
    while (this.#tables.size > 0) {
      const tables = [...this.#tables];
      this.#tables.clear();
      const isSent = await this.#announce(tables);
      if (this.#ending.signal.aborted) return;
      await systemClock.sleep(isSent ? SPACING_MS : FAILED_MS, this.#ending.signal);
    }
  }

  /** A connection that is lost while it is taken tells so by an event, which nobody else listens to. */
  #surviveLoss(client: HintClient): void {
    if (this.#survivors.has(client)) return;
    this.#survivors.add(client);
    client.on("error", () => {});
  }

  async #announce(tables: readonly string[]): Promise<boolean> {
    const text = announcementText({ by: this.#process, tables });
    try {
      const client = await this.#pool.connect();
      this.#surviveLoss(client);
      let isSent = false;
      try {
        await client.query("select pg_notify($1, $2)", [this.#channel, text]);
        isSent = true;
      } finally {
        client.release(!isSent);
      }
      return isSent;
    } catch {
      return false;
    }
  }
}
