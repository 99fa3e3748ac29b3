import { systemClock } from "@annals/core";
import { Backoff } from "@annals/core/adapter";
import { quoteName } from "../tables/quote.ts";
import { readAnnouncement } from "./announcement.ts";
import type { HintClient, HintPool } from "./notify-hints.ts";

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 30_000;

/** Listens for announcements of other processes on one connection, as long as somebody wants it. */
export class Listening {
  readonly #pool: HintPool;
  readonly #channel: string;
  readonly #process: string;
  readonly #wake: (tables?: readonly string[]) => void;
  #current: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(
    pool: HintPool,
    channel: string,
    process: string,
    wake: (tables?: readonly string[]) => void,
  ) {
    this.#pool = pool;
    this.#channel = channel;
    this.#process = process;
    this.#wake = wake;
  }

  want(isWanted: boolean): void {
    if (!isWanted) {
      this.#current?.stop.abort();
    } else if (this.#current === undefined || this.#current.stop.signal.aborted) {
      const before = this.#current?.ended;
      const stop = new AbortController();
      this.#current = { stop, ended: this.#listen(stop.signal, before) };
    }
  }

  async end(): Promise<void> {
    this.want(false);
    await this.#current?.ended;
  }

  /** Connects again whenever the connection is lost, at once at first. Many processes lose theirs together. */
  async #listen(stop: AbortSignal, before: Promise<void> | undefined): Promise<void> {
    await before;
    const pauses = new Backoff(systemClock, RETRY_FIRST_MS, RETRY_MAX_MS);
    while (!stop.aborted) {
      const client = await this.#pool.connect().catch(() => undefined);
      if (client !== undefined) await this.#listenOn(client, stop, () => pauses.reset());
      if (stop.aborted) return;
      await systemClock.sleep(pauses.next() * (1 + Math.random()), stop);
    }
  }

  async #listenOn(client: HintClient, stop: AbortSignal, onReady: () => void): Promise<void> {
    const lost = new Promise<void>((resolve) => {
      client.on("error", resolve);
      client.on("end", resolve);
      stop.addEventListener("abort", () => resolve(), { once: true });
      if (stop.aborted) resolve();
    });
    client.on("notification", ({ channel, payload }) => {
      if (channel === this.#channel && !stop.aborted) this.#heard(payload);
    });
    try {
      await client.query(`listen ${quoteName(this.#channel)}`);
      onReady();
      // Nobody told what was committed while it was not listening.
      this.#wake();
      await lost;
    } catch {
      // The next connection tries again.
    } finally {
      // It must not go back to the pool: it listens as long as it lives.
      client.release(true);
    }
  }

  #heard(payload: string | undefined): void {
    const { by, tables } = readAnnouncement(payload);
    if (by !== this.#process) this.#wake(tables);
  }
}
