import { systemClock } from "@annals/core";
import { unprepared } from "../connection/statement.ts";
import { type PlaceRow, readPlaces } from "../statements/projection-checkpoint.ts";
import { checkTables } from "./projected-tables.ts";
import { type ProjectionParts, quotedTables, runOn } from "./projection-parts.ts";
import type { ProjectionRebuild, RebuildProjectionOptions } from "./projection-type.ts";
import { repeated } from "./repeated.ts";
import { hasShadow, prepareShadow } from "./shadow-tables.ts";
import { swapTables } from "./swap-tables.ts";

const PROGRESS_MS = 1_000;

/** Fills new tables and swaps them in; see `ProjectionTables.rebuild`. */
export const rebuildProjection = async <DB>(
  parts: ProjectionParts<DB>,
  { restart = false, signal, onProgress }: RebuildProjectionOptions,
): Promise<ProjectionRebuild> => {
  const isStopped = (): boolean => signal?.aborted === true;
  const ended = (position: number, finished: boolean): ProjectionRebuild => {
    return { projection: parts.name, position, finished };
  };
  const replaced = await repeated(parts, signal, async () => {
    await checkTables(parts.database, parts.name, parts.tables);
    await prepareShadow(parts, restart);
    return liveIdentity(parts);
  });
  for (let round = 1; !isStopped(); round += 1) {
    await reporting(parts, onProgress, () => repeated(parts, signal, () => fill(parts, signal)));
    if (isStopped()) break;
    if (round === 1) {
      // It takes a while, so that there is more to catch up with.
      await repeated(parts, signal, () => analyze(parts));
      continue;
    }
    const swap = await swapTables(parts, signal);
    if (swap === undefined || swap.kind === "behind") continue;
    const { live, last } = await places(parts);
    if (swap.kind === "gone") return ended(live ?? 0, (await liveIdentity(parts)) !== replaced);
    onProgress?.({ position: swap.position, last });
    return ended(swap.position, true);
  }
  return ended((await places(parts)).filled ?? 0, false);
};

/** Fills the new tables with all that is settled. */
const fill = async <DB>(
  parts: ProjectionParts<DB>,
  signal: AbortSignal | undefined,
): Promise<void> => {
  try {
    await parts.filler.catchUp(signal && { signal });
  } catch (error) {
    // Another process may have come to the end first, and taken away what this one was filling.
    if (await hasShadow(parts, runOn(parts, "rebuild"))) throw error;
  }
};

/** What tells the live tables from others that come under their names. */
const liveIdentity = async <DB>(parts: ProjectionParts<DB>): Promise<string | undefined> => {
  const text = unprepared("identity", "select $1::regclass::oid::text as oid");
  const [live] = quotedTables(parts).live;
  const [row] = await runOn(parts, "rebuild")<{ oid: string }>(text, [live]);
  return row?.oid;
};

/** New tables without statistics would be read by bad plans. */
const analyze = async <DB>(parts: ProjectionParts<DB>): Promise<void> => {
  const run = runOn(parts, "rebuild");
  if (!(await hasShadow(parts, run))) return;
  const { shadow } = quotedTables(parts);
  await run(unprepared("analyze", `analyze ${shadow.join(", ")}`));
};

/** How far the projection and its filler have come. */
export const places = async <DB>(parts: ProjectionParts<DB>) => {
  const { name, filler } = parts;
  const rows = await runOn(parts, "status")<PlaceRow>(readPlaces, [[name, filler.name]]);
  const of = (consumer: string) => rows.find((row) => row.name === consumer);
  const positionOf = (consumer: string): number | undefined => {
    const row = of(consumer);
    return row === undefined ? undefined : Number(row.position);
  };
  return {
    live: positionOf(name),
    filled: positionOf(filler.name),
    last: Number(rows[0]?.last ?? 0),
    startedAt: of(filler.name)?.registered_at,
  };
};

/** Tells now and then how far the work has come. */
const reporting = async <DB, Result>(
  parts: ProjectionParts<DB>,
  onProgress: RebuildProjectionOptions["onProgress"],
  work: () => Promise<Result>,
): Promise<Result> => {
  if (onProgress === undefined) return work();
  const over = new AbortController();
  const report = async (): Promise<void> => {
    const { filled, last } = await places(parts);
    if (filled !== undefined) onProgress({ position: filled, last });
  };
  const reports = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await systemClock.sleep(PROGRESS_MS, over.signal);
      // The work itself tells what is wrong with the database.
      if (!over.signal.aborted) await report().catch(() => {});
    }
  };
  const reported = reports();
  try {
    return await work();
  } finally {
    over.abort();
    await reported;
  }
};
