import type { ChildOf, ChildrenOf, HasChildren, IsChild } from "../define/children.ts";
import type { AnyEntity, EventOf, IdOf } from "../define/entity-definition.ts";
import type { ReadOptions } from "./call-options.ts";
import type { HistoryOptions, RecordedEvent } from "./history-type.ts";
import type { Page } from "./list-type.ts";

/** An event of an entity of a tree, and whose it is. */
export interface TreeEvent<Topic, Id, ParentId, Event> extends RecordedEvent<Event> {
  /** The name of the entity that the event belongs to. */
  readonly topic: Topic;
  readonly entityId: Id;
  /** Whose child that entity is; `undefined` for one that is nobody's. */
  readonly parentId: ParentId;
}

/** An event of an entity or of anything below it; `topic` tells them apart. */
export type TreeEventOf<Definition extends AnyEntity> = EventsFrom<
  Definition,
  IsChild<Definition> extends true ? string : undefined
>;

/** The events of one definition, and of those below it. */
type EventsFrom<Definition extends AnyEntity, ParentId> =
  | TreeEvent<Definition["name"], IdOf<Definition>, ParentId, EventOf<Definition>>
  | EventsBelow<ChildrenOf<Definition>, IdOf<Definition>>;

type EventsBelow<Declarations, ParentId> = EventsOfEach<
  ChildOf<Declarations[keyof Declarations]>,
  ParentId
>;

type EventsOfEach<Child, ParentId> = Child extends AnyEntity ? EventsFrom<Child, ParentId> : never;

/** As for the history of an entity; `after` and `before` are positions, or cursors of a page. */
export type TreeHistoryOptions = HistoryOptions;

/** A tree's history walked from its beginning: every option but those that cut a page. */
export type TreeWalkOptions = Omit<TreeHistoryOptions, "last" | "before">;

/** The calls that read what happened in whole trees. */
export interface TreeHistoryMethods<Id, Event, Options> {
  /**
   * One page of the events of an entity and of everything below it, removed children included, in the order
   * of their positions, in one statement. `children` leaves kinds out.
   *
   * @throws EntityNotFoundError, StoredEventError; InvalidArgumentError for a page size out of range.
   * @example
   * const { items } = await orders.treeHistory(id, { last: 10 });
   */
  treeHistory(id: Id, options?: TreeHistoryOptions & Options): Promise<Page<Event>>;

  /** Every event of a tree, in bounded memory. `first` is how many are read at once. */
  eachTreeEvent(id: Id, options?: TreeWalkOptions & Options): AsyncIterableIterator<Event>;
}

/** These calls where the definition has children. */
export type TreeHistoryOf<Definition extends AnyEntity, Tx> =
  HasChildren<Definition> extends true
    ? TreeHistoryMethods<IdOf<Definition>, TreeEventOf<Definition>, ReadOptions<Definition, Tx>>
    : unknown;
