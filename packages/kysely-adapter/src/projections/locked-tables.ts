import { unprepared } from "../connection/statement.ts";
import { closeProjection } from "../statements/projection-gate.ts";
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
  readonly maxMs: number;
  #ms: number;

  constructor(firstMs: number) {
    this.#ms = firstMs;
    this.maxMs = GROWS_TO * firstMs;
  }

  get ms(): number {
    return Math.round(this.#ms);
  }

  grow(): void {
    this.#ms = Math.min(GROWS_BY * this.#ms, this.maxMs);
  }
}

/** Against those who write, whom readers do not notice, or against everybody. */
type LockMode = "share row exclusive" | "access exclusive";

/** Bounds how long the transaction's later statements wait for locks. */
export const boundWaits = (run: RunStatement, ms: number): Promise<readonly unknown[]> =>
  run(unprepared("bound", `set local lock_timeout = ${ms}`));

/**
 * Locks tables to the transaction's end, one after another, as everybody does who writes a projection inline. A
 * request waits for the transactions that use the tables now, and all later ones wait behind it: it comes
 * through as soon as those present have ended.
 */
export const lockTables = async (
  run: RunStatement,
  tables: readonly string[],
  mode: LockMode,
  waitsMs: number,
): Promise<void> => {
  await boundWaits(run, waitsMs);
  await run(unprepared("lock", `lock table ${tables.join(", ")} in ${mode} mode`));
};

/**
 * Has those who write a projection wait, to the transaction's end: those who append where it is inline, and
 * its consumer otherwise, behind whose back nobody else waits.
 */
export const holdWriters = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
  patience: Patience,
): Promise<void> => {
  if (parts.isInline) return lockTables(run, namesOf(parts), "share row exclusive", patience.ms);
  await boundWaits(run, patience.maxMs);
  await run(closeProjection, [parts.name]);
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
  const run = runOn(parts, "rebuild");
  const look = async (): Promise<readonly string[]> =>
    (await run<TableUserRow>(tableUsers, [namesOf(parts)])).map(({ used_by }) => used_by);
  let left = await look();
  for (let ms = LOOK_MS; left.length > 0 && signal?.aborted !== true; ms = Math.min(2 * ms, 500)) {
    await parts.clock.sleep(ms, signal);
    const now = new Set(await look());
    left = left.filter((user) => now.has(user));
  }
};
