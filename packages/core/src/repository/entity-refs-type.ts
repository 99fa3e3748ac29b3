import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, CreateInputOf, Declared, IdOf } from "../define/entity-definition.ts";
import type { SeenOptions } from "./call-options.ts";
import type { Composite, CompositeValues, JoinedName } from "./column-methods-type.ts";
import type { FinderValue, UniqueColumnOf } from "./column-values.ts";

declare const given: unique symbol;

/**
 * Says which entity a decision over several is about, see `decide`. Reads nothing by itself.
 *
 * @typeParam Given what the decision gets at its place.
 * @typeParam Joins whether its repository demands a transaction.
 */
export interface EntityRef<Given, Tx, Joins extends boolean = boolean> {
  readonly [given]: {
    readonly given: Given;
    readonly tx: (tx: Tx) => void;
    readonly joins: Joins;
  };
}

/** What can be said of a read that is to come: not where, since a decision is in one transaction. */
export type RefOptions<Definition extends AnyEntity> = SeenOptions<Definition> & {
  readonly tx?: never;
};

/** Creates entities in a decision; each is stored with what else was decided. */
export type CreateInDecision<Definition extends AnyEntity> = (
  ...args: Declared<Definition>["source"] extends "caller"
    ? [input: CreateInputOf<Definition>, options: { readonly id: IdOf<Definition> }]
    : unknown extends CreateInputOf<Definition>
      ? [input?: CreateInputOf<Definition>]
      : [input: CreateInputOf<Definition>]
) => Entity<Definition>;

interface OwnRefs<Definition extends AnyEntity, Tx, Joins extends boolean> {
  /** The entity with this id, for `decide`: an EntityNotFoundError there if it does not exist. */
  byId(
    id: IdOf<Definition>,
    options?: RefOptions<Definition>,
  ): EntityRef<Entity<Definition>, Tx, Joins>;

  /** The same where it may not exist. */
  maybeById(
    id: IdOf<Definition>,
    options?: RefOptions<Definition>,
  ): EntityRef<Entity<Definition> | undefined, Tx, Joins>;

  /** What creates entities of this repository in a decision, as many as it calls it. */
  creator(): EntityRef<CreateInDecision<Definition>, Tx, Joins>;
}

type UniqueRefs<Definition extends AnyEntity, Tx, Joins extends boolean> = {
  readonly [Column in UniqueColumnOf<Definition> as `by${Capitalize<Column>}`]: (
    value: FinderValue<Definition, Column>,
    options?: RefOptions<Definition>,
  ) => EntityRef<Entity<Definition>, Tx, Joins>;
} & {
  readonly [Column in UniqueColumnOf<Definition> as `maybeBy${Capitalize<Column>}`]: (
    value: FinderValue<Definition, Column>,
    options?: RefOptions<Definition>,
  ) => EntityRef<Entity<Definition> | undefined, Tx, Joins>;
};

type CompositeRefs<Definition extends AnyEntity, Tx, Joins extends boolean> = {
  readonly [Columns in Composite<Definition> as `by${JoinedName<Columns>}`]: (
    values: CompositeValues<Definition, Columns>,
    options?: RefOptions<Definition>,
  ) => EntityRef<Entity<Definition>, Tx, Joins>;
} & {
  readonly [Columns in Composite<Definition> as `maybeBy${JoinedName<Columns>}`]: (
    values: CompositeValues<Definition, Columns>,
    options?: RefOptions<Definition>,
  ) => EntityRef<Entity<Definition> | undefined, Tx, Joins>;
};

/** The calls that say, by unique values, which entities a decision is about. */
export type ColumnRefs<
  Definition extends AnyEntity,
  Tx,
  Joins extends boolean = false,
> = UniqueRefs<Definition, Tx, Joins> & CompositeRefs<Definition, Tx, Joins>;

/** The calls that say which entities a decision over several is about. */
export type EntityRefs<Definition extends AnyEntity, Tx, Joins extends boolean = false> = OwnRefs<
  Definition,
  Tx,
  Joins
> &
  ColumnRefs<Definition, Tx, Joins>;
