import { type PlaceRow, readPlaces } from "../statements/projection-checkpoint.ts";
import { lastPosition } from "./closing.ts";
import { copyName, type ProjectionParts, runOn } from "./projection-parts.ts";
import type { ProjectionStatus } from "./projection-type.ts";
import { keptTables } from "./shadow-tables.ts";

/** How far the projection and a rebuild of it have come. */
export const places = async <DB>(parts: ProjectionParts<DB>) => {
  const copy = copyName(parts, "rebuild");
  const rows = await runOn(parts, "status")<PlaceRow>(readPlaces, [[parts.name, copy]]);
  const of = (consumer: string) => rows.find((row) => row.name === consumer);
  const positionOf = (row: PlaceRow | undefined) => row && Number(row.position);
  return {
    live: positionOf(of(parts.name)),
    filled: positionOf(of(copy)),
    startedAt: of(copy)?.registered_at,
  };
};

export const projectionStatus = async <DB>(
  parts: ProjectionParts<DB>,
): Promise<ProjectionStatus> => {
  const run = runOn(parts, "status");
  const { live, filled, startedAt } = await places(parts);
  return {
    name: parts.name,
    position: live,
    last: await lastPosition(run),
    rebuilding:
      filled === undefined || startedAt === undefined
        ? undefined
        : { position: filled, startedAt: new Date(startedAt) },
    old: await keptTables(parts, run),
  };
};
