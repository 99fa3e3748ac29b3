import type { History } from "../decide/history.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { StoredEntity } from "../port/rows.ts";
import { hydrate, type Keeping } from "./hydrate.ts";
import { UnreadableSnapshot } from "./read-snapshot.ts";

/** An entity that was read, and its history. */
export interface Hydrated<Stored> {
  readonly stored: Stored;
  readonly history: History;
}

/**
 * Folds what was read of several entities. Those whose snapshots cannot be read are read again without
 * them, all in one go; one that is gone by then is left out.
 *
 * @throws StoredEventError
 */
export const hydrateAll = async <Stored extends StoredEntity>(
  model: EntityModel,
  found: readonly Stored[],
  keeping: Keeping,
  readAgain: (ids: readonly string[]) => Promise<readonly StoredEntity[]>,
): Promise<readonly Hydrated<Stored>[]> => {
  const histories = found.map((stored) => readable(model, stored, keeping));
  const unreadable = found.filter((_, at) => histories[at] === undefined).map(({ id }) => id);
  const again = unreadable.length === 0 ? [] : await readAgain(unreadable);
  const whole = new Map(again.map((stored) => [stored.id, stored]));
  return found.flatMap((stored, at): readonly Hydrated<Stored>[] => {
    const history = histories[at];
    if (history !== undefined) return [{ stored, history }];
    const read = whole.get(stored.id);
    return read === undefined ? [] : [{ stored, history: hydrate(model, read, keeping) }];
  });
};

const readable = (
  model: EntityModel,
  stored: StoredEntity,
  keeping: Keeping,
): History | undefined => {
  try {
    return hydrate(model, stored, keeping);
  } catch (error) {
    if (error instanceof UnreadableSnapshot) return undefined;
    throw error;
  }
};
