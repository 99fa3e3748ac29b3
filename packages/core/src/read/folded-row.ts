import type { EntityModel } from "../define/entity-model.ts";
import { type JsonValue, NotJsonError } from "../define/json-value.ts";
import { AnnalsError, describeIssues } from "../errors/annals-error.ts";
import type { StoredEntity } from "../port/rows.ts";
import { hydrate } from "./hydrate.ts";

/** What an entity's index row has to be, according to its events. */
export type FoldedRow =
  | {
      readonly kind: "folded";
      readonly version: number;
      readonly columns: readonly JsonValue[];
      /** The sequence of the stored event that deletes it; `null` while it is not deleted. */
      readonly deletedBy: number | null;
    }
  /** The events, or what they fold into, do not fit the definition. */
  | { readonly kind: "unfoldable"; readonly problem: string };

/** Folds stored events into the index row that goes with them, whatever the row's version says. */
export const foldedRow = (model: EntityModel, stored: StoredEntity): FoldedRow => {
  const version = stored.events.length;
  if (version === 0) return { kind: "unfoldable", problem: "it has no events" };
  try {
    const history = hydrate(model, { ...stored, version });
    const state = history.state as object;
    const encoded = model.state.encode(state);
    if (!encoded.ok) {
      return {
        kind: "unfoldable",
        problem: `its state does not fit: ${describeIssues(encoded.issues)}`,
      };
    }
    const { stored: storedState } = encoded.result;
    const columns = model.columns.map(({ readValue }) =>
      readValue(state, storedState, history.parentId),
    );
    return { kind: "folded", version, columns, deletedBy: history.deletedBy ?? null };
  } catch (error) {
    if (error instanceof NotJsonError)
      return { kind: "unfoldable", problem: describeIssues([error.issue]) };
    if (error instanceof AnnalsError) return { kind: "unfoldable", problem: error.message };
    throw error;
  }
};
