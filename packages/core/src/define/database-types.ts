import type {
  $ZodDefault,
  $ZodISODate,
  $ZodISODateTime,
  $ZodNonOptional,
  $ZodNullable,
  $ZodNumberFormat,
  $ZodObject,
  $ZodOptional,
  $ZodReadonly,
  $ZodType,
  input,
  output,
} from "zod/v4/core";
import type { HasChildren, IsChild, ParentColumnOf } from "./children.ts";
import type {
  AnyEntity,
  Declared,
  HasLifecycle,
  IdOf,
  ScopeColumnOf,
} from "./entity-definition.ts";
import type { Forgotten } from "./forgotten.ts";
import type { JsonObject } from "./json-value.ts";
import type { SnakeCase } from "./names.ts";

/**
 * The index row as a query of yours reads it: `id`, `created_at`, `version`, `deleted_at` where a
 * lifecycle is declared, and the declared columns, in the types that the driver gives.
 */
export type IndexRowOf<Definition extends AnyEntity> = {
  readonly id: IdOf<Definition>;
  readonly created_at: Date;
  readonly version: number;
} & (HasLifecycle<Definition> extends true ? { readonly deleted_at: Date | null } : unknown) &
  FamilyColumns<Definition> & {
    readonly [Field in keyof Declared<Definition>["index"] &
      string as SnakeCase<Field>]: Declared<Definition>["index"][Field] extends {
      readonly type: string;
    }
      ? unknown
      : FieldInRow<Definition["schema"], Field>;
  } & ScopeInRow<Definition> & {
    readonly [Column in keyof Declared<Definition>["computed"] &
      string as SnakeCase<Column>]: unknown;
  };

/** The columns of the scope, which stand in both tables. */
type ScopeInRow<Definition extends AnyEntity> = {
  readonly [Column in ScopeColumnOf<Definition> as SnakeCase<Column>]: FieldInRow<
    Definition["schema"],
    Column
  >;
};
/** The revision of a tree's root, and the parent of a child. */
type FamilyColumns<Definition extends AnyEntity> = (HasChildren<Definition> extends true
  ? IsChild<Definition> extends true
    ? unknown
    : { readonly revision: number }
  : unknown) & { readonly [Column in ParentColumnOf<Definition> as SnakeCase<Column>]: string };

/** The events row as a query of yours reads it. */
export type EventRowOf<Definition extends AnyEntity> = ScopeInRow<Definition> &
  StoredEventRow<Definition>;

interface StoredEventRow<Definition extends AnyEntity> {
  readonly id: IdOf<Definition>;
  readonly sequence: number;
  readonly event_type: keyof Definition["events"] & string;
  /** The stored form: payloads before any codec has decoded them. */
  readonly event: StoredEventOf<Definition>;
  readonly context: JsonObject | null;
  readonly recorded_at: Date;
  /** A bigint, which `pg` reads as text unless it is told otherwise. */
  readonly position: string;
  readonly event_version: number;
}

type StoredEventOf<Definition extends AnyEntity> = {
  [Type in keyof Definition["events"] & string]: { readonly type: Type } & Readonly<
    input<Definition["events"][Type]>
  >;
}[keyof Definition["events"] & string];

type FieldInRow<Schema extends $ZodObject, Field extends string> =
  Schema extends $ZodObject<infer Shape>
    ? Field extends keyof Shape
      ? Shape[Field] extends $ZodType
        ? Forgotten extends output<Shape[Field]>
          ? string | null
          : InRow<Shape[Field], output<Shape[Field]>>
        : never
      : never
    : never;

// By schema where the column's type differs from the value's, and otherwise by the value.
type InRow<Field, Value> =
  | (undefined extends Value ? null : never)
  | (null extends Value ? null : never)
  | ValueInRow<Bare<Field>, NonNullable<Value>>;

/** The schema under the wrappers that only say that a value may be absent. */
type Bare<Field> = Field extends
  | $ZodOptional<infer Inner>
  | $ZodNullable<infer Inner>
  | $ZodNonOptional<infer Inner>
  | $ZodDefault<infer Inner>
  | $ZodReadonly<infer Inner>
  ? Bare<Inner>
  : Field;

type ValueInRow<Field, Value> = Field extends $ZodISODateTime | $ZodISODate
  ? Date
  : Field extends $ZodNumberFormat
    ? number | string
    : Value extends bigint
      ? string
      : Value;

/** The tables of these definitions, for `new Kysely<DatabaseOf<[typeof User, typeof Order]>>()`. */
export type DatabaseOf<Definitions extends readonly AnyEntity[]> = {
  readonly [Definition in Definitions[number] as Declared<Definition>["table"]]: IndexRowOf<Definition>;
} & {
  readonly [Definition in Definitions[number] as `${SnakeCase<Definition["name"]>}_events`]: EventRowOf<Definition>;
};
