import type { LiteralHint } from "./definition-types.ts";
import type { ComputedColumn, FieldColumn } from "./index-options.ts";
import type { LifecycleNames } from "./lifecycle.ts";
import type { SnapshotOptions } from "./snapshot.ts";

// What is wrong with a definition, as types that say it in a sentence.

/** Names that every entity has of its own, so that no command may take them. */
type ReservedCommand =
  | ("id" | "state" | "version" | "history" | "pending" | "attempt" | "isDeleted")
  | ("then" | "toJSON" | "constructor");

/** Columns that every index table has of its own, and words that conditions are made of. */
type ReservedColumn = "id" | "createdAt" | "version" | "deletedAt" | "and" | "or" | "not";

type Extra<Value, Allowed extends PropertyKey> = Value extends LiteralHint
  ? never
  : Exclude<keyof Value, Allowed>;

/** Reports an unknown event, and a field in a returned state that the schema does not have. */
export type CheckReducers<Given, State, Events> = {
  readonly [Type in keyof Given]: Type extends keyof Events
    ? Given[Type] extends (...args: never[]) => infer Returned
      ? [Extra<Returned, keyof State>] extends [never]
        ? unknown
        : {
            "the returned state has a field the schema does not have": Extra<Returned, keyof State>;
          }
      : unknown
    : { "no event has this name": Type };
};

/**
 * Reports a command whose name entities own, and an argument without a type. A field that the schema of
 * a returned event does not have is found at run time: looking for it here would double the cost of a
 * definition for the compiler.
 */
export type CheckCommands<Commands, Kinds> = {
  readonly [Name in keyof Commands]: Name extends ReservedCommand | Kinds
    ? { "this name is taken by the entity itself": Name }
    : Commands[Name] extends (view: never, ...args: infer Arguments) => unknown
      ? HasNever<Arguments> extends true
        ? { "an argument of this command has no type": Name }
        : unknown
      : unknown;
};

type HasNever<Items extends readonly unknown[]> = Items extends readonly [
  infer First,
  ...infer Rest,
]
  ? [First] extends [never]
    ? true
    : HasNever<Rest>
  : false;

/** Reports a column that is no field, a name that is taken, and an option that does not exist. */
export type CheckIndex<Index, State> = {
  readonly [Name in keyof Index]: Name extends ReservedColumn
    ? { "every index table has this column already": Name }
    : Name extends keyof State
      ? [Exclude<keyof Index[Name], keyof FieldColumn<unknown>>] extends [never]
        ? unknown
        : { "unknown index option": Exclude<keyof Index[Name], keyof FieldColumn<unknown>> }
      : { "no such field in the schema": Name };
};

export type CheckComputed<Computed, Index> = {
  readonly [Name in keyof Computed]: Name extends ReservedColumn
    ? { "every index table has this column already": Name }
    : Name extends keyof Index
      ? { "this column is declared in index as well": Name }
      : [Exclude<keyof Computed[Name], keyof ComputedColumn<unknown>>] extends [never]
        ? unknown
        : { "unknown column option": Exclude<keyof Computed[Name], keyof ComputedColumn<unknown>> };
};

/** Reports a composite over something that is no index column. */
export type CheckTogether<Together, Columns> = Together extends readonly (infer Composite extends
  readonly string[])[]
  ? [Exclude<Composite[number], Columns>] extends [never]
    ? Together
    : { "no such index column": Exclude<Composite[number], Columns> }
  : Together;

/** Reports a scope over something that is no field, or that may have no value. */
export type CheckScope<Scope, State> = Scope extends readonly (infer Column)[]
  ? [Exclude<Column, keyof State>] extends [never]
    ? null extends State[Column & keyof State]
      ? { "a column of the scope must always have a value": Column }
      : undefined extends State[Column & keyof State]
        ? { "a column of the scope must always have a value": Column }
        : Scope
    : { "no such field in the schema": Exclude<Column, keyof State> }
  : Scope;

/** Reports a name that is no event, an event that creates, and an option that does not exist. */
export type CheckLifecycle<Lifecycle, Events, Creating> = {
  readonly [Key in keyof Lifecycle]: Key extends keyof LifecycleNames
    ? Lifecycle[Key] extends keyof Events
      ? Lifecycle[Key] extends Creating
        ? { "an event that creates the entity cannot delete or restore it": Lifecycle[Key] }
        : unknown
      : { "no event has this name": Lifecycle[Key] }
    : { "unknown lifecycle option": Key };
};

/** Reports an option that does not exist. */
export type CheckSnapshot<Snapshot> = {
  readonly [Key in keyof Snapshot]: Key extends keyof SnapshotOptions
    ? unknown
    : { "unknown snapshot option": Key };
};
