import type { AnnalsTransaction } from "../connection/annals-transaction.ts";
import { unprepared } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import { lockProjection } from "../statements/projection-checkpoint.ts";
import { qualify } from "../tables/quote.ts";
import {
  type ProjectionParts,
  quotedTables,
  type RunStatement,
  runOn,
} from "./projection-parts.ts";
import { repeated } from "./repeated.ts";
import { hasShadow } from "./shadow-tables.ts";

/**
 * Runs work that has a projection's tables for itself, for a short time, as often as it takes to get them: it
 * waits for those who use them no longer than `lockTimeoutMs`, in which others wait behind it, and gives way
 * to them before asking again. In a circle of waits it is the one to give way, as long as that is shorter
 * than the server's `deadlock_timeout`.
 *
 * Whoever appends locks the topic first, and the tables of inline projections afterwards, and whoever
 * consumes the tables first and the checkpoint last; so does this.
 *
 * @returns undefined when the signal was aborted before.
 */
export const withTables = <DB, Result>(
  parts: ProjectionParts<DB>,
  call: string,
  signal: AbortSignal | undefined,
  work: (tx: AnnalsTransaction<DB>, run: RunStatement) => Promise<Result>,
): Promise<Result | undefined> =>
  repeated(parts, signal, () =>
    transaction(parts.routed, (tx) => locked(parts, call, tx, work), {
      isolationLevel: "read committed",
    }),
  );

const locked = async <DB, Result>(
  parts: ProjectionParts<DB>,
  call: string,
  tx: AnnalsTransaction<DB>,
  work: (tx: AnnalsTransaction<DB>, run: RunStatement) => Promise<Result>,
): Promise<Result> => {
  const run = runOn(parts, call, tx);
  await run(lockProjection, [parts.name]);
  await run(unprepared("bound", `set local lock_timeout = ${parts.lockTimeoutMs}`));
  const { live, shadow } = quotedTables(parts);
  const tables = (await hasShadow(parts, run)) ? [...live, ...shadow] : live;
  if (parts.isInline) {
    const topics = eventsTables(parts).join(", ");
    await run(unprepared("lock", `lock table ${topics} in share row exclusive mode`));
  }
  await run(unprepared("lock", `lock table ${tables.join(", ")} in access exclusive mode`));
  return work(tx, run);
};

const eventsTables = <DB>({ applier, database }: ProjectionParts<DB>): readonly string[] =>
  applier.plan.topics.map(({ plan }) => qualify(database.schema, plan.eventsTable)).toSorted();
