import { canonicalText } from "../append/canonical-text.ts";
import { snapshotBody } from "../append/snapshot-body.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { AnnalsError } from "../errors/annals-error.ts";
import type { StoredEntity, StoredSnapshot } from "../port/rows.ts";
import { hydratePast } from "./hydrate.ts";

/** Whether a snapshot is what the events up to its version fold into. Personal values have to be open. */
export const snapshotFits = (
  model: EntityModel,
  { id, events }: Pick<StoredEntity, "id" | "events">,
  { version, body }: StoredSnapshot,
): boolean => {
  if (version > events.length) return false;
  try {
    const first = { id, version, events: events.slice(0, version) };
    const history = hydratePast(model, first);
    const encoded = history?.state && model.state.encode(history.state);
    if (history === undefined || !encoded?.ok) return false;
    const { deletedBy, parentId } = history;
    const expected = snapshotBody({
      snapshot: { deletedBy },
      storedState: encoded.result.stored,
      parentId,
    });
    return canonicalText(body) === canonicalText(expected);
  } catch (error) {
    if (error instanceof AnnalsError) return false;
    throw error;
  }
};
