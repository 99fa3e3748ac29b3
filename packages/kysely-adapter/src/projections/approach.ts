import { unprepared } from "../connection/statement.ts";
import { type Closing, closing, lastPosition, liveIsAt, unfilled } from "./closing.ts";
import { Filler } from "./filler.ts";
import { Patience, untilUsersAreGone } from "./locked-tables.ts";
import { Pace } from "./pace.ts";
import {
  type CopyKind,
  copyName,
  namesOf,
  type ProjectionParts,
  runOn,
} from "./projection-parts.ts";
import { repeated } from "./repeated.ts";
import { withCopy } from "./table-copy.ts";

/** How long it waits for what is open to be settled, before it looks again. */
const UNSETTLED_MS = 50;

export interface ApproachOptions {
  readonly signal: AbortSignal | undefined;
  /** Whether the live tables are to be replaced, so that readers wait as well in the last step. */
  readonly replaces: boolean;
  /** Told where the copy is. */
  readonly onFilled: (position: number) => Promise<void>;
}

/**
 * Fills a copy until it is where the live tables are, and then does `work` with both. It always ends:
 *
 * - At first nobody waits for it. Where that brings the copy no closer, or only a consumer has to wait, those
 *   who write the live tables wait during each step, for a time that doubles as long as even such steps
 *   bring it no closer. A request for the lock lets only those through that are under way, so that between
 *   two steps there is at most one transaction of each writer.
 * - The last step begins when what is left can be handled in that time.
 *
 * @returns `"gone"` where there is no copy any more, undefined when the signal was aborted before.
 */
export const approach = async <DB, Result>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  { signal, replaces, onFilled }: ApproachOptions,
  work: (at: Closing<DB>, patience: Patience) => Promise<Result>,
): Promise<Result | "gone" | undefined> => {
  const filler = new Filler(parts, kind);
  const patience = new Patience(parts.lockTimeoutMs);
  const pace = new Pace(parts.isInline);
  const again = <Value>(work: () => Promise<Value>) =>
    repeated(parts, signal, work, () => patience.grow());

  // New tables have all that there was when they were begun, whatever the live ones have of it.
  let begins: number | undefined;
  const step = async () => {
    const run = runOn(parts, kind);
    if (begins !== 0) {
      // A crash of the server takes positions back that nobody has committed.
      const last = kind === "rebuild" ? await lastPosition(run) : 0;
      begins = Math.min(begins ?? last, last);
    }
    const goal = Math.max(begins, await liveIsAt(parts, run));
    const hold = pace.holds ? { forMs: pace.forMs, patience } : undefined;
    return (await filler.step(goal, hold)) ?? "gone";
  };

  const close = async () => {
    if (replaces) await untilUsersAreGone(parts, signal);
    const most = filler.eventsIn(pace.forMs);
    const closed = await closing(parts, kind, { most, patience, replaces }, (at) =>
      work(at, patience),
    );
    return closed ?? ({ kind: "gone" } as const);
  };

  let isAnalyzed = false;
  while (signal?.aborted !== true) {
    const at = await again(step);
    if (at === undefined || at === "gone") return at;
    await onFilled(at);
    if (at >= (begins ?? 0)) begins = 0;
    const distance = await again(() => distanceOf(parts, kind, at, filler.eventsIn(pace.forMs)));
    if (distance === undefined) return undefined;
    const hasMoved = pace.note(at, distance.by);
    if (begins !== 0 || !distance.isNear) {
      if (!hasMoved) await parts.clock.sleep(UNSETTLED_MS, signal);
      continue;
    }
    if (!isAnalyzed) {
      // It takes a while, so that there is more to catch up with.
      await again(() => analyze(parts, kind));
      isAnalyzed = true;
      if (!parts.isInline) pace.holds = true;
      continue;
    }
    const closed = await again(close);
    if (closed === undefined || closed.kind === "gone") return closed && "gone";
    if (closed.kind === "done") return closed.result;
    pace.press();
  }
  return undefined;
};

/** By how many positions a copy is behind, and whether no more than some events are left. */
const distanceOf = async <DB>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  filled: number,
  most: number,
) => {
  const run = runOn(parts, kind);
  const live = await liveIsAt(parts, run);
  const upTo = parts.isInline ? Number.MAX_SAFE_INTEGER : live;
  const left = await unfilled(parts, run, filled, upTo, most);
  return { by: live - filled, isNear: left.length <= most };
};

/** New tables without statistics would be read by bad plans. */
const analyze = <DB>(parts: ProjectionParts<DB>, kind: CopyKind) =>
  withCopy(parts, kind, ({ run }) => {
    const tables = namesOf(parts, copyName(parts, kind)).join(", ");
    return run(unprepared("analyze", `analyze ${tables}`));
  });
