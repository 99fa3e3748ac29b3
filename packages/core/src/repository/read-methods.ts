import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, IdOf } from "../define/entity-definition.ts";
import type { ReadOptions } from "./call-options.ts";
import type { AsOf, HistoryOptions, HistoryWalkOptions, RecordedEventOf } from "./history-type.ts";
import type { ListOptions, Page, WalkOptions } from "./list-type.ts";
import type { WhereOf } from "./where-type.ts";

/** The calls that read and are not named after a column. */
export interface ReadMethods<Definition extends AnyEntity, Tx> {
  /** @throws EntityNotFoundError also for a deleted entity, unless `includeDeleted` is given. */
  findById(
    id: IdOf<Definition>,
    options?: FindOptions & ReadOptions<Definition, Tx>,
  ): Promise<Entity<Definition>>;

  maybeFindById(
    id: IdOf<Definition>,
    options?: FindOptions & ReadOptions<Definition, Tx>,
  ): Promise<Entity<Definition> | undefined>;

  /** The entities with these ids that exist, by id: a UUID in small letters. */
  findAll(
    ids: Iterable<IdOf<Definition>>,
    options?: ReadOptions<Definition, Tx>,
  ): Promise<Map<IdOf<Definition>, Entity<Definition>>>;

  /**
   * One page of entities, found and ordered by index columns, with their events, in one statement.
   *
   * @throws InvalidArgumentError for a page size out of range, or a cursor of another order.
   */
  list(
    options?: ListOptions<Definition> & ReadOptions<Definition, Tx>,
  ): Promise<Page<Entity<Definition>>>;

  /** Every page of a list, one after the other. `first` is the size of a page. */
  pages(
    options?: WalkOptions<Definition> & ReadOptions<Definition, Tx>,
  ): AsyncIterableIterator<Page<Entity<Definition>>>;

  /** Every entity of a list, in bounded memory. `first` is how many are read at once. */
  each(
    options?: WalkOptions<Definition> & ReadOptions<Definition, Tx>,
  ): AsyncIterableIterator<Entity<Definition>>;

  /** How many entities fulfil the condition. Reads index rows only, but all that fulfil it. */
  count(
    options?: { readonly where?: WhereOf<Definition> } & ReadOptions<Definition, Tx>,
  ): Promise<number>;

  /** Whether any entity fulfils the condition. */
  exists(
    options?: { readonly where?: WhereOf<Definition> } & ReadOptions<Definition, Tx>,
  ): Promise<boolean>;

  /**
   * One page of an entity's events, each with its sequence, position, time and context, in one
   * statement.
   *
   * @throws EntityNotFoundError, StoredEventError; InvalidArgumentError for a page size out of range.
   * @example
   * const { items } = await users.history(id, { last: 10 });
   */
  history(
    id: IdOf<Definition>,
    options?: HistoryOptions & ReadOptions<Definition, Tx>,
  ): Promise<Page<RecordedEventOf<Definition>>>;

  /** Every event of an entity, in bounded memory. `first` is how many are read at once. */
  eachEvent(
    id: IdOf<Definition>,
    options?: HistoryWalkOptions & ReadOptions<Definition, Tx>,
  ): AsyncIterableIterator<RecordedEventOf<Definition>>;
}

export interface FindOptions {
  /**
   * Reads the entity as it was, at a version or at a time; before its first event it does not exist.
   * At a time, its events end before the first one that was recorded after it. What is read so can be
   * looked at and its commands attempted, but not written. What is deleted, now or at that time, is found
   * with `includeDeleted` alone.
   *
   * @throws InvalidArgumentError for a version that the entity has not reached.
   */
  readonly asOf?: AsOf | undefined;
}
