import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, CreateInputOf, Declared, IdOf } from "../define/entity-definition.ts";
import type { FinderValue, SortColumnOf, UniqueColumnOf, WhereOf } from "./column-values.ts";

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
  /** Equality by index column. Default is every entity. */
  readonly where?: WhereOf<Definition>;
  /** The column to order by; the id breaks ties. Default is `createdAt`. */
  readonly orderBy?: SortColumnOf<Definition>;
  /** Default is `asc`. Rows without a value come last in both directions. */
  readonly direction?: "asc" | "desc";
  /** How many entities a page has: 1 to 1,000. Default is 50. */
  readonly first?: number;
  /** The `endCursor` of the page before. */
  readonly after?: string | undefined;
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly hasNextPage: boolean;
  /** Where the page ends: the next page's `after`. `undefined` for an empty page. */
  readonly endCursor: string | undefined;
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

  /** @throws EntityNotFoundError */
  findById(id: IdOf<Definition>, options?: CallOptions<Tx>): Promise<Entity<Definition>>;

  maybeFindById(
    id: IdOf<Definition>,
    options?: CallOptions<Tx>,
  ): Promise<Entity<Definition> | undefined>;

  /** The entities with these ids that exist, by id. */
  findAll(
    ids: Iterable<IdOf<Definition>>,
    options?: CallOptions<Tx>,
  ): Promise<Map<IdOf<Definition>, Entity<Definition>>>;

  /**
   * One page of entities, found and ordered by index columns, with their events, in one statement.
   *
   * @throws InvalidArgumentError for a `first` out of range, or a cursor of another order.
   */
  list(options?: ListOptions<Definition> & CallOptions<Tx>): Promise<Page<Entity<Definition>>>;
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

/** Stores and finds the entities of one definition. */
export type Repository<Definition extends AnyEntity, Tx> = RepositoryBase<Definition, Tx> &
  Finders<Definition, Tx> &
  MaybeFinders<Definition, Tx> &
  CompositeFinders<Definition, Tx> &
  MaybeCompositeFinders<Definition, Tx>;
