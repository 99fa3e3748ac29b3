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

/** The same before it is known whether its snapshot can be read. */
interface Tried<Stored> {
  readonly stored: Stored;
  readonly history: History | undefined;
}

/**
 * Folds what was read of several entities. Those whose snapshots cannot be read are read again without
 * them, all in one go; one that is gone by then is left out. Nobody waits where all can be read.
 *
 * @throws StoredEventError
 */
export const hydrateAll = <Stored extends StoredEntity>(
  model: EntityModel,
  found: readonly Stored[],
  keeping: Keeping,
  readAgain: (ids: readonly string[]) => Promise<readonly StoredEntity[]>,
): readonly Hydrated<Stored>[] | Promise<readonly Hydrated<Stored>[]> => {
  const tried = found.map((stored) => ({ stored, history: readable(model, stored, keeping) }));
  return tried.every(isRead) ? tried : withWhole(model, tried, keeping, readAgain);
};

const isRead = <Stored>(one: Tried<Stored>): one is Hydrated<Stored> => one.history !== undefined;

const withWhole = async <Stored extends StoredEntity>(
  model: EntityModel,
  tried: readonly Tried<Stored>[],
  keeping: Keeping,
  readAgain: (ids: readonly string[]) => Promise<readonly StoredEntity[]>,
): Promise<readonly Hydrated<Stored>[]> => {
  const unread = tried.filter((one) => !isRead(one));
  const again = await readAgain(unread.map(({ stored }) => stored.id));
  const whole = new Map(again.map((stored) => [stored.id, stored]));
  return tried.flatMap((one): readonly Hydrated<Stored>[] => {
    if (isRead(one)) return [one];
    const { stored } = one;
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
