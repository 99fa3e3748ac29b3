import {
  type LastGivenOutRow,
  lastGivenOut,
  type PlaceRow,
  readPlaces,
} from "../statements/projection-checkpoint.ts";
import { type ProjectionParts, runOn } from "./projection-parts.ts";
import type { ProjectionStatus } from "./projection-type.ts";

export const projectionStatus = async <DB>(
  parts: ProjectionParts<DB>,
): Promise<ProjectionStatus> => {
  const run = runOn(parts, "status");
  const [place] = await run<PlaceRow>(readPlaces, [[parts.name]]);
  const [given] = await run<LastGivenOutRow>(lastGivenOut);
  return {
    name: parts.name,
    position: place && Number(place.position),
    last: Number(given?.last ?? 0),
  };
};
