import { History, type LoadedEvents } from "../decide/history.ts";
import { parentIdOf } from "../decide/stored-event.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { JsonObject } from "../define/json-value.ts";
import { AnnalsError } from "../errors/annals-error.ts";
import type { StoredEntity } from "../port/rows.ts";
import { type DecodedEvent, decodeEvent, isUpcast } from "./decode-event.ts";
import { storedEventError } from "./stored-event-error.ts";

/** What was read of an entity before, without its children. */
export interface KnownHistory extends LoadedEvents {
  readonly parentId: string | undefined;
}

/**
 * Folds what is stored into a history.
 *
 * @param partial the kinds of children of which the read left some out.
 * @param known what the first `since` events became, where they were left out.
 * @throws StoredEventError for an event that the definition does not know or that does not fit it, and
 * where no event is left to fold.
 */
export const hydrate = (
  model: EntityModel,
  stored: StoredEntity,
  partial?: ReadonlySet<string>,
  known?: KnownHistory,
): History => {
  const history = historyOf(model, stored, hydrate, partial, known);
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
  historyOf(model, stored, hydratePast);

const historyOf = (
  model: EntityModel,
  stored: StoredEntity,
  childOf: Hydrate,
  partial?: ReadonlySet<string>,
  known?: KnownHistory,
): History | undefined => {
  const { id, version, events, since = 0 } = stored;
  if (since + events.length !== version) {
    const there = since + events.length;
    const message = `the index row is at version ${version}, but ${there} events are stored`;
    throw storedEventError(model, { id, sequence: there }, [{ path: [], message }]);
  }
  const base = since === 0 ? undefined : known;
  const loaded = fold(model, stored, childOf, base);
  if (loaded.events.length === 0) return undefined;
  return new History(
    model,
    id,
    partial === undefined ? loaded : { ...loaded, partial },
    model.plan.parent && (base ? base.parentId : parentIdOf(events)),
  );
};

/** The children that were read with an entity, by kind and id. */
const childrenOf = (
  model: EntityModel,
  { children }: StoredEntity,
  childOf: Hydrate,
): History["children"] => {
  const read = model.children.filter(({ name }) => children?.[name] !== undefined);
  return new Map(
    read.map((kind) => {
      const members = children?.[kind.name]?.map((child) => childOf(kind.model, child)) ?? [];
      return [
        kind.name,
        new Map(members.flatMap((child) => (child === undefined ? [] : [[child.id, child]]))),
      ];
    }),
  );
};

type Hydrate = (model: EntityModel, stored: StoredEntity) => History | undefined;

const fold = (
  model: EntityModel,
  stored: StoredEntity,
  childOf: Hydrate,
  known: LoadedEvents | undefined,
): LoadedEvents => {
  const { id, version, events, since = 0, revision } = stored;
  // A history goes on with this list.
  const decoded = (known?.events.slice() ?? []) as DecodedEvent[];
  let state: unknown = known?.state;
  // Kept from the first stored event on that became several, or none.
  let sequences = known?.sequences?.slice();
  let index = since;
  try {
    for (; index < version; index += 1) {
      const event = decodeEvent(model, id, index + 1, events[index - since] as JsonObject);
      if (!isUpcast(event)) {
        state = model.events.get(event.type)?.reduce(state, event);
        decoded.push(event);
        sequences?.push(index + 1);
        continue;
      }
      if (event.length !== 1) sequences ??= decoded.map((_, at) => at + 1);
      for (const part of event) {
        state = model.events.get(part.type)?.reduce(state, part);
        decoded.push(part);
        sequences?.push(index + 1);
      }
    }
  } catch (error) {
    if (error instanceof AnnalsError) throw error;
    const issues = [{ path: [], message: "the reducer of its type threw an error" }];
    throw storedEventError(model, { id, sequence: index + 1 }, issues, error);
  }
  const own = { events: decoded, state: state as object | undefined, version, sequences };
  if (model.children.length === 0) return own;
  return { ...own, revision, children: childrenOf(model, stored, childOf) };
};
