import { ProjectionTableError } from "@annals/core";
import type { TopicEvent } from "@annals/core/adapter";
import type { AnnalsTransaction } from "../connection/annals-transaction.ts";
import { unprepared } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import { type LockedCheckpointRow, lockCheckpoints } from "../statements/projection-checkpoint.ts";
import { tablesUsedHere, type UsedTableRow } from "../statements/table-users.ts";
import { quoteName, quoteText } from "../tables/quote.ts";
import {
  type CopyKind,
  copyName,
  namesOf,
  type ProjectionParts,
  type RunStatement,
  runOn,
} from "./projection-parts.ts";
import { TableRouter } from "./table-router.ts";

/** A transaction in which handlers write a copy. */
export interface CopyTransaction<DB> {
  readonly tx: AnnalsTransaction<DB>;
  readonly run: RunStatement;
  /** Everything up to here is in the copy. */
  readonly filled: number;
  /** What its checkpoint moves under. */
  readonly epoch: number;
  readonly moves: number;
}

/**
 * Runs work in a transaction that has a copy's checkpoint for itself, which everybody takes who writes the
 * copy, before anything else.
 *
 * @returns undefined where there is no copy, or none any more.
 */
export const withCopy = <DB, Result>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  work: (at: CopyTransaction<DB>) => Promise<Result>,
): Promise<Result | undefined> => {
  const { db, tables } = parts;
  const routed = db.withPlugin(new TableRouter(tables, copyName(parts, kind)));
  const inTransaction = async (tx: AnnalsTransaction<DB>): Promise<Result | undefined> => {
    const run = runOn(parts, kind, tx);
    const [row] = await run<LockedCheckpointRow>(lockCheckpoints, [[copyName(parts, kind)]]);
    return (
      row &&
      work({
        tx,
        run,
        filled: Number(row.position),
        epoch: Number(row.epoch),
        moves: Number(row.moves),
      })
    );
  };
  return transaction(routed, inTransaction, { isolationLevel: "read committed" });
};

/**
 * Hands events to the handlers, which find the copy under the tables' names, until all are handled or a
 * time is over.
 *
 * @returns how many were handled, from the first.
 * @throws ProjectionTableError when a handler has come to a live table all the same.
 */
export const applyToCopy = async <DB>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  { tx, run }: CopyTransaction<DB>,
  events: readonly TopicEvent[],
  forMs: number,
): Promise<number> => {
  if (events.length === 0) return 0;
  const { applier } = parts;
  const [path] = await run<{ before: string }>(
    unprepared("search_path", "select current_setting('search_path') as before"),
  );
  const before = path?.before ?? "";
  await setPath(run, [quoteName(copyName(parts, kind)), ...(before === "" ? [] : [before])]);
  const endsAt = performance.now() + forMs;
  let handled = 0;
  while (handled < events.length && (handled === 0 || performance.now() < endsAt)) {
    const part = events.slice(handled, handled + applier.size);
    await applier.apply(part, tx);
    handled += part.length;
  }
  await setPath(run, [before]);
  await checkLiveIsUntouched(parts, run);
  return handled;
};

const setPath = async (run: RunStatement, schemas: readonly string[]): Promise<void> => {
  const path = quoteText(schemas.join(", "));
  await run(unprepared("search_path", `select set_config('search_path', ${path}, true)`));
};

const checkLiveIsUntouched = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
): Promise<void> => {
  const [used] = await run<UsedTableRow>(tablesUsedHere, [namesOf(parts)]);
  if (used === undefined) return;
  throw new ProjectionTableError({
    projection: parts.name,
    table: used.name,
    problem: "was used by a handler where another one stands in for it",
    hint: "Name it without its schema, also in raw SQL and in functions, so that the search path leads to it.",
  });
};
