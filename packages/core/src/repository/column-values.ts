import type { ParentColumnOf } from "../define/children.ts";
import type {
  AnyEntity,
  Declared,
  HasLifecycle,
  ScopeColumnOf,
  StateOf,
} from "../define/entity-definition.ts";
import type { Forgotten, Remembered } from "../define/forgotten.ts";

/** The index columns: those of the scope, a child's parent, other fields of the schema, computed ones. */
export type ColumnOf<Definition extends AnyEntity> = (
  | keyof Declared<Definition>["index"]
  | keyof Declared<Definition>["computed"]
  | ScopeColumnOf<Definition>
  | ParentColumnOf<Definition>
) &
  string;

type OptionsOf<
  Definition extends AnyEntity,
  Column,
> = Column extends keyof Declared<Definition>["index"]
  ? Declared<Definition>["index"][Column]
  : Column extends keyof Declared<Definition>["computed"]
    ? Declared<Definition>["computed"][Column]
    : unknown;

/** A column's value as the definition's types have it, absence included, and as long as it is there. */
export type ColumnValue<Definition extends AnyEntity, Column> =
  Column extends ParentColumnOf<Definition>
    ? string
    : Column extends keyof StateOf<Definition>
      ? Remembered<StateOf<Definition>[Column]>
      : OptionsOf<Definition, Column> extends { readonly from: (...args: never[]) => infer Value }
        ? Value
        : never;

/** What a finder takes for a column: never nothing, for nothing is not unique. */
export type FinderValue<Definition extends AnyEntity, Column> = NonNullable<
  ColumnValue<Definition, Column>
>;

/** The columns declared `unique`. */
export type UniqueColumnOf<Definition extends AnyEntity> = {
  [Column in ColumnOf<Definition>]: OptionsOf<Definition, Column> extends { readonly unique: true }
    ? Column
    : never;
}[ColumnOf<Definition>];

/** The columns that hold hashes of personal values, `true` for each. */
export type IsPersonal<
  Definition extends AnyEntity,
  Column,
> = Column extends keyof StateOf<Definition>
  ? Forgotten extends StateOf<Definition>[Column]
    ? true
    : false
  : false;

/** The columns that lists may be ordered by. */
export type SortColumnOf<Definition extends AnyEntity> =
  | "id"
  | "createdAt"
  | (HasLifecycle<Definition> extends true ? "deletedAt" : never)
  | {
      [Column in ColumnOf<Definition>]: OptionsOf<Definition, Column> extends {
        readonly sort: false;
      }
        ? never
        : IsPersonal<Definition, Column> extends true
          ? never
          : Column;
    }[ColumnOf<Definition>];

/** The columns that no unique constraint of their own makes a finder for. */
export type ListColumnOf<Definition extends AnyEntity> = Exclude<
  ColumnOf<Definition>,
  UniqueColumnOf<Definition>
>;
