import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, Declared } from "../define/entity-definition.ts";
import type { ReadOptions } from "./call-options.ts";
import type { ColumnValue, FinderValue, ListColumnOf, UniqueColumnOf } from "./column-values.ts";
import type { ListOptions, Page } from "./list-type.ts";
import type { ColumnCondition } from "./where-type.ts";

type Finders<Definition extends AnyEntity, Tx> = {
  /** @throws EntityNotFoundError */
  readonly [Column in UniqueColumnOf<Definition> as `findBy${Capitalize<Column>}`]: (
    value: FinderValue<Definition, Column>,
    options?: ReadOptions<Definition, Tx>,
  ) => Promise<Entity<Definition>>;
};

type MaybeFinders<Definition extends AnyEntity, Tx> = {
  readonly [Column in UniqueColumnOf<Definition> as `maybeFindBy${Capitalize<Column>}`]: (
    value: FinderValue<Definition, Column>,
    options?: ReadOptions<Definition, Tx>,
  ) => Promise<Entity<Definition> | undefined>;
};

export type Composite<Definition extends AnyEntity> = Declared<Definition>["together"][number];

/** `["tenantId", "slug"]` is `TenantIdAndSlug`. */
export type JoinedName<Columns extends readonly string[]> = Columns extends readonly [
  infer First extends string,
  ...infer Rest extends readonly string[],
]
  ? Rest extends readonly []
    ? Capitalize<First>
    : `${Capitalize<First>}And${JoinedName<Rest>}`
  : never;

export type CompositeValues<Definition extends AnyEntity, Columns extends readonly string[]> = {
  readonly [Column in Columns[number]]: FinderValue<Definition, Column>;
};

type CompositeFinders<Definition extends AnyEntity, Tx> = {
  readonly [Columns in Composite<Definition> as `findBy${JoinedName<Columns>}`]: (
    values: CompositeValues<Definition, Columns>,
    options?: ReadOptions<Definition, Tx>,
  ) => Promise<Entity<Definition>>;
};

type MaybeCompositeFinders<Definition extends AnyEntity, Tx> = {
  readonly [Columns in Composite<Definition> as `maybeFindBy${JoinedName<Columns>}`]: (
    values: CompositeValues<Definition, Columns>,
    options?: ReadOptions<Definition, Tx>,
  ) => Promise<Entity<Definition> | undefined>;
};

type Lists<Definition extends AnyEntity, Tx> = {
  /** `list` with one column's condition given first. */
  readonly [Column in ListColumnOf<Definition> as `listBy${Capitalize<Column>}`]: (
    condition: ColumnCondition<ColumnValue<Definition, Column>>,
    options?: ListOptions<Definition> & ReadOptions<Definition, Tx>,
  ) => Promise<Page<Entity<Definition>>>;
};

/** The calls that find by unique values. */
export type FinderMethods<Definition extends AnyEntity, Tx> = Finders<Definition, Tx> &
  MaybeFinders<Definition, Tx> &
  CompositeFinders<Definition, Tx> &
  MaybeCompositeFinders<Definition, Tx>;

/** The calls that are named after columns. */
export type ColumnMethods<Definition extends AnyEntity, Tx> = Lists<Definition, Tx> &
  FinderMethods<Definition, Tx>;
