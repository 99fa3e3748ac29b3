import { unprepared } from "../connection/statement.ts";
import { type TableUserRow, tableUsers } from "../statements/table-users.ts";
import { namesOf, type ProjectionParts, type RunStatement, runOn } from "./projection-parts.ts";

/** By how much it waits longer after an attempt that was not long enough, and up to how many times as long. */
const GROWS_BY = 1.25;
const GROWS_TO = 20;

/**
 * How long to wait for those who use the tables, while others wait behind. For some attempts it is below the
 * server's `deadlock_timeout`, so that whoever waits in a circle with it goes on as if nothing had been;
 * later PostgreSQL breaks circles, and has autovacuum give way, which takes that time.
 */
export class Patience {
  readonly #maxMs: number;
  #ms: number;

  constructor(firstMs: number) {
    this.#ms = firstMs;
    this.#maxMs = GROWS_TO * firstMs;
  }

  get ms(): number {
    return Math.round(this.#ms);
  }

  grow(): void {
    this.#ms = Math.min(GROWS_BY * this.#ms, this.#maxMs);
  }
}

/**
 * Locks tables against everybody, to the transaction's end, one after another, as everybody does who writes a
 * projection. A request waits for the transactions that use the tables now, and all later ones wait behind it:
 * it comes through as soon as those present have ended.
 */
export const lockTables = async (
  run: RunStatement,
  tables: readonly string[],
  waitsMs: number,
): Promise<void> => {
  await run(unprepared("bound", `set local lock_timeout = ${waitsMs}`));
  await run(unprepared("lock", `lock table ${tables.join(", ")} in access exclusive mode`));
};

const LOOK_MS = 20;

/**
 * Waits, while nobody waits behind it, until the transactions are over that use the tables now. Whoever has
 * gone on for long, such as a dump, is waited for here, and not under a lock.
 */
export const untilUsersAreGone = async <DB>(
  parts: ProjectionParts<DB>,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const run = runOn(parts, "reset");
  const look = async (): Promise<readonly string[]> =>
    (await run<TableUserRow>(tableUsers, [namesOf(parts)])).map(({ used_by }) => used_by);
  let left = await look();
  for (let ms = LOOK_MS; left.length > 0 && signal?.aborted !== true; ms = Math.min(2 * ms, 500)) {
    await parts.clock.sleep(ms, signal);
    const now = new Set(await look());
    left = left.filter((user) => now.has(user));
  }
};
