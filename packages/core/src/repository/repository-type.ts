import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, CreateInputOf, Declared, IdOf } from "../define/entity-definition.ts";
import type {
  ColumnValue,
  FinderValue,
  ListColumnOf,
  SortColumnOf,
  UniqueColumnOf,
} from "./column-values.ts";
import type { RetryOptions } from "./transact.ts";
import type { ColumnCondition, WhereOf } from "./where-type.ts";

/** Which transaction a call takes part in. */
export interface CallOptions<Tx> {
  /**
   * The transaction to take part in. `"none"` says, inside a running one, that this call commits on its
   * own on purpose. Default is to commit on its own.
   */
  readonly tx?: Tx | "none";
}

/** The arguments of `create`: with the id where the definition says that callers choose it. */
export type CreateArguments<
  Definition extends AnyEntity,
  Tx,
> = Declared<Definition>["source"] extends "caller"
  ? [input: CreateInputOf<Definition>, options: CallOptions<Tx> & { readonly id: IdOf<Definition> }]
  : unknown extends CreateInputOf<Definition>
    ? [input?: CreateInputOf<Definition>, options?: CallOptions<Tx>]
    : [input: CreateInputOf<Definition>, options?: CallOptions<Tx>];

export interface ListOptions<Definition extends AnyEntity> {
  /** A condition over index columns. Default is every entity. */
  readonly where?: WhereOf<Definition>;
  /** The column to order by; the id breaks ties. Default is `createdAt`. */
  readonly orderBy?: SortColumnOf<Definition>;
  /** Default is `asc`. Rows without a value come last in both directions. */
  readonly direction?: "asc" | "desc";
  /** How many entities the page has at most, counted from its beginning: 1 to 1,000. Default is 50. */
  readonly first?: number;
  /** The same, counted from its end: with `before`, the page that ends there. Not with `first`. */
  readonly last?: number;
  /** A page's `endCursor`: what comes after it. */
  readonly after?: string | undefined;
  /** A page's `startCursor`: what comes before it. */
  readonly before?: string | undefined;
}

/** A list walked from its beginning: every option but those that cut a page. */
export type WalkOptions<Definition extends AnyEntity> = Omit<
  ListOptions<Definition>,
  "last" | "before"
>;

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Whether more follows. In a page cut by `last`, whether `before` was given. */
  readonly hasNextPage: boolean;
  /** Whether more precedes. In a page cut by `first`, whether `after` was given. */
  readonly hasPreviousPage: boolean;
  /** Where the page begins: `before` for the page before it. `undefined` for an empty page. */
  readonly startCursor: string | undefined;
  /** Where the page ends: `after` for the next page. `undefined` for an empty page. */
  readonly endCursor: string | undefined;
  /** The cursor of one item, by its place on the page. */
  cursorAt(index: number): string | undefined;
}

export interface RepositoryBase<Definition extends AnyEntity, Tx> {
  /**
   * Decides and stores a new entity: its index row and first events in one statement.
   *
   * @throws CommandRejectedError, InvalidEventError, InvalidStateError, DuplicateValueError,
   * EntityAlreadyExistsError, LockTimeoutError
   */
  create(...args: CreateArguments<Definition, Tx>): Promise<Entity<Definition>>;

  /**
   * Stores what is pending: the new events and the index row in one statement. Nothing pending, no
   * statement.
   *
   * @returns how many events were written.
   * @throws ConcurrentModificationError, DuplicateValueError, EntityUnusableError, LockTimeoutError
   */
  update(entity: Entity<Definition>, options?: CallOptions<Tx>): Promise<number>;

  /**
   * Reads, decides and stores; and when somebody else appended in between, all of it again, a bounded
   * number of times. What `decide` throws ends it at once: a rejection is never repeated.
   *
   * @param target an id, or a finder, which is called with the options that it has to pass on.
   * @param decide may be called several times, each time with the entity as it then is.
   * @returns the entity as it is stored now, and what `decide` returned the last time.
   * @throws ConcurrentModificationError when the attempts are used up, and what the finder, `decide`
   * and `update` throw.
   * @example
   * await users.transact(id, (user) => user.changeEmail("countess@example.com"));
   * await users.transact((options) => users.findByEmail("a@example.com", options), (user) => user.suspend("spam"));
   */
  transact<Result>(
    target: IdOf<Definition> | ((options: CallOptions<Tx>) => Promise<Entity<Definition>>),
    decide: (entity: Entity<Definition>) => Result | Promise<Result>,
    options?: RetryOptions & CallOptions<Tx>,
  ): Promise<{ readonly entity: Entity<Definition>; readonly result: Result }>;

  /** @throws EntityNotFoundError */
  findById(id: IdOf<Definition>, options?: CallOptions<Tx>): Promise<Entity<Definition>>;

  maybeFindById(
    id: IdOf<Definition>,
    options?: CallOptions<Tx>,
  ): Promise<Entity<Definition> | undefined>;

  /** The entities with these ids that exist, by id: a UUID in small letters. */
  findAll(
    ids: Iterable<IdOf<Definition>>,
    options?: CallOptions<Tx>,
  ): Promise<Map<IdOf<Definition>, Entity<Definition>>>;

  /**
   * One page of entities, found and ordered by index columns, with their events, in one statement.
   *
   * @throws InvalidArgumentError for a page size out of range, or a cursor of another order.
   */
  list(options?: ListOptions<Definition> & CallOptions<Tx>): Promise<Page<Entity<Definition>>>;

  /** Every page of a list, one after the other. `first` is the size of a page. */
  pages(
    options?: WalkOptions<Definition> & CallOptions<Tx>,
  ): AsyncIterableIterator<Page<Entity<Definition>>>;

  /** Every entity of a list, in bounded memory. `first` is how many are read at once. */
  each(
    options?: WalkOptions<Definition> & CallOptions<Tx>,
  ): AsyncIterableIterator<Entity<Definition>>;

  /** How many entities fulfil the condition. Reads index rows only, but all that fulfil it. */
  count(options?: { readonly where?: WhereOf<Definition> } & CallOptions<Tx>): Promise<number>;

  /** Whether any entity fulfils the condition. */
  exists(options?: { readonly where?: WhereOf<Definition> } & CallOptions<Tx>): Promise<boolean>;
}

type Finders<Definition extends AnyEntity, Tx> = {
  /** @throws EntityNotFoundError */
  readonly [Column in UniqueColumnOf<Definition> as `findBy${Capitalize<Column>}`]: (
    value: FinderValue<Definition, Column>,
    options?: CallOptions<Tx>,
  ) => Promise<Entity<Definition>>;
};

type MaybeFinders<Definition extends AnyEntity, Tx> = {
  readonly [Column in UniqueColumnOf<Definition> as `maybeFindBy${Capitalize<Column>}`]: (
    value: FinderValue<Definition, Column>,
    options?: CallOptions<Tx>,
  ) => Promise<Entity<Definition> | undefined>;
};

type Composite<Definition extends AnyEntity> = Declared<Definition>["together"][number];

/** `["tenantId", "slug"]` is `TenantIdAndSlug`. */
type JoinedName<Columns extends readonly string[]> = Columns extends readonly [
  infer First extends string,
  ...infer Rest extends readonly string[],
]
  ? Rest extends readonly []
    ? Capitalize<First>
    : `${Capitalize<First>}And${JoinedName<Rest>}`
  : never;

type CompositeValues<Definition extends AnyEntity, Columns extends readonly string[]> = {
  readonly [Column in Columns[number]]: FinderValue<Definition, Column>;
};

type CompositeFinders<Definition extends AnyEntity, Tx> = {
  readonly [Columns in Composite<Definition> as `findBy${JoinedName<Columns>}`]: (
    values: CompositeValues<Definition, Columns>,
    options?: CallOptions<Tx>,
  ) => Promise<Entity<Definition>>;
};

type MaybeCompositeFinders<Definition extends AnyEntity, Tx> = {
  readonly [Columns in Composite<Definition> as `maybeFindBy${JoinedName<Columns>}`]: (
    values: CompositeValues<Definition, Columns>,
    options?: CallOptions<Tx>,
  ) => Promise<Entity<Definition> | undefined>;
};

type Lists<Definition extends AnyEntity, Tx> = {
  /** `list` with one column's condition given first. */
  readonly [Column in ListColumnOf<Definition> as `listBy${Capitalize<Column>}`]: (
    condition: ColumnCondition<ColumnValue<Definition, Column>>,
    options?: ListOptions<Definition> & CallOptions<Tx>,
  ) => Promise<Page<Entity<Definition>>>;
};

/** Stores and finds the entities of one definition. */
export type Repository<Definition extends AnyEntity, Tx> = RepositoryBase<Definition, Tx> &
  Lists<Definition, Tx> &
  Finders<Definition, Tx> &
  MaybeFinders<Definition, Tx> &
  CompositeFinders<Definition, Tx> &
  MaybeCompositeFinders<Definition, Tx>;
