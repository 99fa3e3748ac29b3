import type { AnyEntity, HasLifecycle } from "../define/entity-definition.ts";
import type { ColumnOf, ColumnValue, IsPersonal } from "./column-values.ts";

/** What a column is compared with: a value for equality, `null` for none, or operators that all hold. */
export type ColumnCondition<Value> =
  | NonNullable<Value>
  | NullOf<Value>
  | ColumnOperators<NonNullable<Value>, NullOf<Value>>;

export interface ColumnOperators<Value, Null> extends TextOperators<Value> {
  readonly eq?: Value | Null;
  readonly in?: readonly Value[];
  readonly gt?: Value;
  readonly gte?: Value;
  readonly lt?: Value;
  readonly lte?: Value;
  /** What must not hold. `{ not: null }` is any value. */
  readonly not?: Value | Null | ColumnOperators<Value, Null>;
}

/** What a column of a personal field is compared with: it stores hashes, and `null` for what is forgotten. */
export type PersonalCondition<Value> =
  | NonNullable<Value>
  | null
  | {
      readonly eq?: NonNullable<Value> | null;
      readonly in?: readonly NonNullable<Value>[];
      readonly not?: NonNullable<Value> | null;
    };

export interface TextOperators<Value> {
  /** The text begins with it. Taken literally, as in the next two, and compared with what `normalize` made. */
  readonly startsWith?: Text<Value>;
  readonly endsWith?: Text<Value>;
  readonly contains?: Text<Value>;
  /** A pattern of SQL: `%` is any text, `_` any character, and `\` takes the next one literally. */
  readonly like?: Text<Value>;
  /** The same, where capitals do not matter. */
  readonly ilike?: Text<Value>;
}

type Text<Value> = Value extends string ? string : never;

/** `null` where the column may have no value. */
type NullOf<Value> = (undefined extends Value ? null : never) | (null extends Value ? null : never);

/**
 * A condition over the index columns. All columns that are named must fulfil theirs; one that is
 * `undefined` asks for nothing.
 *
 * As in SQL, a row without a value fulfils neither a comparison nor its negation: ask for `null`.
 */
export type WhereOf<Definition extends AnyEntity> = {
  readonly [Column in ColumnOf<Definition>]?: IsPersonal<Definition, Column> extends true
    ? PersonalCondition<ColumnValue<Definition, Column>>
    : ColumnCondition<ColumnValue<Definition, Column>>;
} & {
  readonly and?: readonly WhereOf<Definition>[];
  readonly or?: readonly WhereOf<Definition>[];
  readonly not?: WhereOf<Definition>;
} & (HasLifecycle<Definition> extends true ? DeletedAtCondition : unknown);

// A type, not an interface, which no record of conditions would take.
type DeletedAtCondition = {
  /** When it was deleted; `null` while it is not. Only with `includeDeleted`. */
  readonly deletedAt?: ColumnCondition<Date | null>;
};
