import { History } from "../decide/history.ts";
import type { LoadedEvents } from "../decide/loaded-events.ts";
import { parentIdOf } from "../decide/stored-event.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { StoredEntity } from "../port/rows.ts";
import { Fold } from "./fold.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { storedEventError } from "./stored-event-error.ts";

/** What was read of an entity before, without its children. */
export interface KnownHistory extends LoadedEvents {
  readonly parentId: string | undefined;
}

/** What a read was about. */
export interface Keeping {
  /**
   * Whether the history is asked for, so that events are kept in memory once they are folded. Default is
   * `false`; without snapshots it is always there.
   */
  readonly history?: boolean | undefined;
  /** The kinds of children of which the read left some out. */
  readonly partial?: ReadonlySet<string> | undefined;
  /** What the first `since` events became, where they were left out. */
  readonly known?: KnownHistory | undefined;
}

/** For those who read every event anyway. */
const WHOLE: Keeping = { history: true };

/**
 * Folds what is stored into a history.
 *
 * @throws StoredEventError for an event that the definition does not know or that does not fit it, and
 * where no event is left to fold.
 * @throws UnreadableSnapshot where the events alone can tell.
 */
export const hydrate = (
  model: EntityModel,
  stored: StoredEntity,
  keeping: Keeping = WHOLE,
): History => {
  const history = historyOf(model, stored, hydrate, keeping);
  if (history !== undefined) return history;
  const message = "the upcasters leave no event of the entity";
  throw storedEventError(model, { id: stored.id, sequence: stored.version }, [
    { path: [], message },
  ]);
};

/**
 * The same for the first events of an entity.
 *
 * @returns `undefined` where none of them became an event, so that the entity was not there yet.
 * @throws StoredEventError
 */
export const hydratePast = (model: EntityModel, stored: StoredEntity): History | undefined =>
  historyOf(model, stored, hydratePast, WHOLE);

const historyOf = (
  model: EntityModel,
  stored: StoredEntity,
  childOf: Hydrate,
  keeping: Keeping,
): History | undefined => {
  const { id, version, events, since = 0, snapshot } = stored;
  const found = (snapshot?.version ?? since) + events.length;
  if (found !== version) {
    const message = `the index row is at version ${version}, but ${found} events are stored`;
    throw storedEventError(model, { id, sequence: found }, [{ path: [], message }]);
  }
  const kept = snapshot && readSnapshot(model, snapshot);
  const known = since === 0 ? undefined : keeping.known;
  const isKept = snapshot === undefined && (model.plan.snapshot === undefined || keeping.history);
  const fold = new Fold(model, id, known ?? kept, isKept === true);
  for (const event of events) fold.add(event);
  if (fold.state === undefined) return undefined;
  const first = (known ?? kept) === undefined ? parentIdOf(events) : (known ?? kept)?.parentId;
  const parentId = model.plan.parent && first;
  const own: LoadedEvents = {
    ...fold.loaded,
    version,
    partial: keeping.partial,
    snapshotAt: snapshotAt(model, stored, isKept === true),
  };
  if (model.children.length === 0) return new History(model, id, own, parentId);
  const children = childrenOf(model, stored, childOf, { history: keeping.history });
  return new History(model, id, { ...own, revision: stored.revision, children }, parentId);
};

/** Who reads all events is not told of snapshots, and takes it that they are where they belong. */
const snapshotAt = (
  { plan }: EntityModel,
  { version, snapshot }: StoredEntity,
  isKept: boolean,
): number =>
  plan.snapshot !== undefined && isKept
    ? version - (version % plan.snapshot.every)
    : (snapshot?.version ?? 0);

/** The children that were read with an entity, by kind and id. */
const childrenOf = (
  model: EntityModel,
  { children }: StoredEntity,
  childOf: Hydrate,
  keeping: Keeping,
): History["children"] => {
  const read = model.children.filter(({ name }) => children?.[name] !== undefined);
  return new Map(
    read.map((kind) => {
      const members =
        children?.[kind.name]?.map((child) => childOf(kind.model, child, keeping)) ?? [];
      return [
        kind.name,
        new Map(members.flatMap((child) => (child === undefined ? [] : [[child.id, child]]))),
      ];
    }),
  );
};

type Hydrate = (model: EntityModel, stored: StoredEntity, keeping: Keeping) => History | undefined;
