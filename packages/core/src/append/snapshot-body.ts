import type { PendingWrite } from "../decide/pending-write.ts";
import type { JsonObject } from "../define/json-value.ts";

/** What a snapshot has, under these names. Storage format, numbered in `define/snapshot.ts`. */
export interface SnapshotBody {
  /** The state in its stored form. */
  readonly state: JsonObject;
  /** The sequence of the event that deletes the entity; absent while it is not deleted. */
  readonly deletedBy?: number;
  /** Whose child it is, which the first event says otherwise. */
  readonly parentId?: string;
}

/** The state after a write as it is kept beside the events; `undefined` where it is not to be. */
export const snapshotBody = ({
  snapshot,
  storedState,
  parentId,
}: Pick<PendingWrite, "snapshot" | "storedState" | "parentId">): JsonObject | undefined => {
  if (snapshot === undefined) return undefined;
  const { deletedBy } = snapshot;
  return {
    state: storedState,
    ...(deletedBy !== undefined && { deletedBy }),
    ...(parentId !== undefined && { parentId }),
  } satisfies SnapshotBody;
};
