import { unprepared } from "../connection/statement.ts";
import {
  type LastGivenOutRow,
  type LockedCheckpointRow,
  lastGivenOut,
  lockCheckpoints,
  lockConsumers,
  type PlaceRow,
  readPlaces,
} from "../statements/projection-checkpoint.ts";
import { readTopic } from "../statements/read-topic.ts";
import { SERVER_LIFE } from "../statements/server-life.ts";
import { eventsIn, type TopicLists } from "../statements/topic-lists.ts";
import { holdWriters, lockTables, type Patience } from "./locked-tables.ts";
import {
  type CopyKind,
  copyName,
  namesOf,
  type ProjectionParts,
  type RunStatement,
} from "./projection-parts.ts";
import { applyToCopy, type CopyTransaction, withCopy } from "./table-copy.ts";

export type Closed<Result> =
  | { readonly kind: "done"; readonly result: Result }
  /** More has happened since than there is time for. */
  | { readonly kind: "behind" };

/** What both the copy and the live tables have, while nobody writes either. */
export interface Closing<DB> extends CopyTransaction<DB> {
  readonly position: number;
}

/**
 * Brings a copy to exactly where the live tables are, or beyond, and does something about both, in one
 * transaction in which nobody writes the live tables.
 *
 * Whoever appends inline has locked the tables before what it appended can be seen, so that under the lock
 * all that is visible is in the live tables, and all that is not yet will be written to what is there when
 * the lock is gone. What a consumer has handled goes by its checkpoints.
 *
 * @param most how many events may be left for the time of the lock.
 * @returns undefined where there is no copy any more.
 */
export const closing = <DB, Result>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  { most, patience, replaces }: { most: number; patience: Patience; replaces: boolean },
  work: (at: Closing<DB>) => Promise<Result>,
): Promise<Closed<Result> | undefined> =>
  withCopy(parts, kind, async (at): Promise<Closed<Result> | undefined> => {
    const { run, filled } = at;
    // Autovacuum may be at work on the copy, and nobody else is.
    const copies = namesOf(parts, copyName(parts, kind));
    await lockTables(run, copies, "access exclusive", patience.maxMs);
    // Who reads and then appends would close a circle with one who keeps writers out first and readers later.
    if (parts.isInline && replaces) {
      await lockTables(run, namesOf(parts), "access exclusive", patience.ms);
    } else {
      await holdWriters(parts, run, patience);
    }
    const live = await lockedUpTo(parts, run);
    // The consumer was put back, and what is compared is too far.
    if (kind === "verify" && live < filled) return undefined;
    const upTo = Math.max(filled, live);
    const events = await unfilled(parts, run, filled, upTo, most);
    if (events.length > most) return { kind: "behind" };
    const opened = await parts.opened(events, at.tx);
    await applyToCopy(parts, kind, at, opened, Number.POSITIVE_INFINITY);
    const position = parts.isInline ? (events.at(-1)?.position ?? filled) : upTo;
    return { kind: "done", result: await work({ ...at, position }) };
  });

/** Where the live tables are by now: at what is visible, or at the furthest checkpoint. */
export const liveIsAt = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
): Promise<number> => {
  if (parts.isInline) return lastPosition(run);
  const [row] = await run<PlaceRow>(readPlaces, [[parts.name]]);
  return Number(row?.furthest ?? 0);
};

export const lastPosition = async (run: RunStatement): Promise<number> => {
  const [row] = await run<LastGivenOutRow>(lastGivenOut);
  return Number(row?.last ?? 0);
};

const lockedUpTo = async <DB>(
  { name, isInline }: ProjectionParts<DB>,
  run: RunStatement,
): Promise<number> => {
  if (isInline) return Number.MAX_SAFE_INTEGER;
  await run(lockConsumers, [[name]]);
  const rows = await run<LockedCheckpointRow>(lockCheckpoints, [[name]]);
  return Math.max(0, ...rows.map(({ position }) => Number(position)));
};

/** What of the visible events, or of those up to a checkpoint, is not in the copy; one more than `most` at most. */
export const unfilled = async <DB>(
  { applier, database }: ProjectionParts<DB>,
  run: RunStatement,
  after: number,
  upTo: number,
  most: number,
) => {
  const { keys, topics, scope } = applier.plan;
  const plans = topics.map(({ plan }) => plan);
  // What is read rests on the locks that are held, not on a look in another life of the server.
  const life = unprepared("server_life", `select ${SERVER_LIFE} as life`);
  const [server] = await run<{ life: string }>(life);
  const text = readTopic(database.schema, plans, {
    slots: false,
    keys: keys !== undefined,
    scope: scope !== undefined,
  });
  const rows = await run<TopicLists>(text, [
    ...[after, upTo, most + 1, server?.life, null, null, keys ?? null],
    ...topics.map(({ passedOver }) => passedOver),
    ...(scope ?? []),
  ]);
  return eventsIn(rows);
};
