import type { EntityPlan } from "../define/entity-plan.ts";
import type { SealPlace } from "./vault.ts";

/** The place of what is kept of an entity at a version. Storage format: what is sealed is bound to it. */
export const snapshotPlace = (
  { name: topic }: EntityPlan,
  id: string,
  version: number,
): SealPlace => ({ topic, id, sequence: version, type: "$snapshot" });
