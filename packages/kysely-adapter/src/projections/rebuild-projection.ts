import { unprepared } from "../connection/statement.ts";
import { placeConsumer } from "../statements/projection-checkpoint.ts";
import { exchangeTables } from "../statements/shadow-tables.ts";
import { quoteName } from "../tables/quote.ts";
import { approach } from "./approach.ts";
import { type Closing, lastPosition } from "./closing.ts";
import { lockTables, Patience } from "./locked-tables.ts";
import { checkReplaceable, checkTables } from "./projected-tables.ts";
import {
  copyName,
  namesOf,
  oldSchema,
  type ProjectionParts,
  runOn,
  runYielded,
} from "./projection-parts.ts";
import { places } from "./projection-status.ts";
import type { ProjectionRebuild, RebuildProjectionOptions } from "./projection-type.ts";
import { repeated } from "./repeated.ts";
import { checkNothingKept, forgetCopy, prepareCopy } from "./shadow-tables.ts";

const PROGRESS_MS = 1_000;

/** Fills new tables and swaps them in; see `ProjectionTables.rebuild`. */
export const rebuildProjection = async <DB>(
  parts: ProjectionParts<DB>,
  { restart = false, signal, onProgress }: RebuildProjectionOptions,
): Promise<ProjectionRebuild> => {
  const ended = (position: number, finished: boolean): ProjectionRebuild => {
    return { projection: parts.name, position, finished };
  };
  const patience = new Patience(parts.lockTimeoutMs);
  const prepare = async () => {
    await checkTables(parts);
    await checkReplaceable(parts);
    await prepareCopy(parts, "rebuild", { restart, patience });
    return liveIdentity(parts);
  };
  const replaced = await repeated(parts, signal, prepare, () => patience.grow());
  const run = runOn(parts, "rebuild");
  const report = async (position: number): Promise<void> => {
    onProgress?.({ position, last: await lastPosition(run) });
  };
  const swapped = await approach(
    parts,
    "rebuild",
    {
      signal,
      replaces: true,
      onFilled: onProgress === undefined ? async () => {} : seldom(report),
    },
    (at, patience) => swap(parts, at, patience),
  );
  const { live, filled } = await places(parts);
  if (swapped === undefined) return ended(filled ?? 0, false);
  // Another process has swapped, or discarded, in the meantime.
  if (swapped === "gone") return ended(live ?? 0, (await liveIdentity(parts)) !== replaced);
  await report(swapped);
  return ended(swapped, true);
};

/**
 * Puts the new tables in the live ones' place. The projection goes on from where they are: a worker that has
 * events in hand which they have already finds its lease gone, and begins again.
 */
const swap = async <DB>(
  parts: ProjectionParts<DB>,
  { run, position }: Closing<DB>,
  patience: Patience,
): Promise<number> => {
  await checkNothingKept(parts, run);
  const live = namesOf(parts);
  if (!parts.isInline) await lockTables(run, live, "access exclusive", patience.ms);
  const old = live.map(() => quoteName(oldSchema(parts)));
  await runYielded(run, exchangeTables, [live, namesOf(parts, copyName(parts, "rebuild")), old]);
  await forgetCopy(parts, "rebuild", run);
  if (!parts.isInline) await run(placeConsumer, [parts.name, position]);
  return position;
};

/** What tells the live tables from others that come under their names. */
const liveIdentity = async <DB>(parts: ProjectionParts<DB>): Promise<string | undefined> => {
  const text = unprepared("identity", "select to_regclass($1)::oid::text as oid");
  const [row] = await runOn(parts, "rebuild")<{ oid: string }>(text, namesOf(parts).slice(0, 1));
  return row?.oid;
};

/** Passes on one call in a while. */
const seldom = (report: (position: number) => Promise<void>) => {
  let next = performance.now() + PROGRESS_MS;
  return async (position: number): Promise<void> => {
    if (performance.now() < next) return;
    next = performance.now() + PROGRESS_MS;
    // The work itself tells what is wrong with the database.
    await report(position).catch(() => {});
  };
};
