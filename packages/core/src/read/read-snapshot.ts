import type { SnapshotBody } from "../append/snapshot-body.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { StoredSnapshot } from "../port/rows.ts";

/** What a snapshot says, in the types of the definition. */
export interface ReadSnapshot {
  readonly version: number;
  readonly state: object;
  readonly deletedBy: number | undefined;
  readonly parentId: string | undefined;
}

/** Signals that a snapshot cannot be read, so that the events are. Never leaves the library. */
export class UnreadableSnapshot extends Error {}

/**
 * Reads a snapshot by the schema of the state.
 *
 * @throws UnreadableSnapshot where it does not fit, for example a rule that the schema got since.
 */
export const readSnapshot = (
  { state, plan }: EntityModel,
  { version, body }: StoredSnapshot,
): ReadSnapshot => {
  const { state: stored, deletedBy, parentId } = body as unknown as Partial<SnapshotBody>;
  const decoded = state.decode(stored);
  const isChild = plan.parent !== undefined;
  if (!decoded.ok || (isChild && typeof parentId !== "string")) throw new UnreadableSnapshot();
  return { version, state: decoded.result, deletedBy, parentId };
};
