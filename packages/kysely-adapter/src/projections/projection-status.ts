import { type ProjectionParts, runOn } from "./projection-parts.ts";
import type { ProjectionStatus } from "./projection-type.ts";
import { places } from "./rebuild-projection.ts";
import { hasShadow, keptTables } from "./shadow-tables.ts";

export const projectionStatus = async <DB>(
  parts: ProjectionParts<DB>,
): Promise<ProjectionStatus> => {
  const run = runOn(parts, "status");
  const isRebuilding = await hasShadow(parts, run);
  const { live, filled, last, startedAt } = await places(parts);
  return {
    name: parts.name,
    position: live,
    last,
    rebuilding:
      isRebuilding && startedAt !== undefined
        ? { position: filled ?? 0, startedAt: new Date(startedAt) }
        : undefined,
    old: await keptTables(parts, run),
  };
};
