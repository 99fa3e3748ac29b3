import type { $ZodObject, $ZodType, output } from "zod/v4/core";
import type {
  ChangingCollections,
  CheckChildren,
  ParentColumn,
  ParentDeclaration,
  TreeOutcome,
} from "./children.ts";
import type { CommandView, CreateView, StateView } from "./command-view.ts";
import type { Decision, Rejection } from "./decision.ts";
import type { ErasureOptions } from "./erasure.ts";
import type { CheckRetired, CheckVersions, VersionLists } from "./event-versions-type.ts";
import type { ComputedColumn, FieldColumn } from "./index-options.ts";
import type { LifecycleNames } from "./lifecycle.ts";
import type { SnapshotOptions } from "./snapshot.ts";

/** The event union as it is declared: stored event type to payload schema. */
export type EventShapes = Record<string, $ZodObject>;

/** The discriminated union over `type` that the shapes describe. */
export type EventUnion<Events extends EventShapes> = {
  [Type in keyof Events & string]: EventOfType<Events, Type>;
}[keyof Events & string];

export type EventOfType<Events extends EventShapes, Type extends keyof Events & string> = {
  readonly type: Type;
} & Readonly<Payload<output<Events[Type]>>>;

// An empty object schema yields Record<string, never>, which no object with a `type` fits.
export type Payload<Fields> = [Fields[keyof Fields]] extends [never] ? unknown : Fields;

/** One reducer for each event type; the creating events have no state before them. */
export type Reducers<State, Events extends EventShapes, Creating> = {
  readonly [Type in keyof Events & string]: (
    state: Type extends Creating ? undefined : Readonly<State>,
    event: EventOfType<Events, Type>,
  ) => State | LiteralHint;
};

export type IndexColumns<State> = { readonly [Field in keyof State]?: FieldColumn<State[Field]> };

export type ComputedColumns<State> = { readonly [name: string]: ComputedColumn<State> };

/** Names that every entity has of its own, so that no command may take them. */
export type ReservedCommand =
  | ("id" | "state" | "version" | "history" | "pending" | "attempt" | "isDeleted")
  | ("then" | "toJSON" | "constructor");

/** Columns that every index table has of its own, and words that conditions are made of. */
export type ReservedColumn = "id" | "createdAt" | "version" | "deletedAt" | "and" | "or" | "not";

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

/** What decisions look at, with the children of every kind where there are any. */
export type WithChildren<View, Children> = [keyof Children] extends [never]
  ? View
  : View & ChangingCollections<Children>;

/** Commands: the view, then arguments whose types the definition annotates. */
export type CommandFunctions<
  State,
  Events extends EventShapes,
  Id extends string,
  Children,
  Snapshot = undefined,
> = Record<
  string,
  (
    view: WithChildren<ViewOf<State, Events, Id, Snapshot>, Children>,
    ...args: never[]
  ) => Decision<EventUnion<Events>> | LiteralHint | TreeOutcome<Children>
>;

/** Where states are kept, the events before them are not read: only those who say so look at them. */
type ViewOf<State, Events extends EventShapes, Id extends string, Snapshot> = [Snapshot] extends [
  undefined,
]
  ? CommandView<Readonly<State>, EventUnion<Events>, Id>
  : StateView<Readonly<State>, Id>;

/**
 * Nothing is ever of this type. Beside the events it keeps a function without parameters from losing
 * its literals: such a function is typed before the events are inferred, when the events alone would
 * have its "EmailChanged" widened to string.
 */
export interface LiteralHint {
  readonly [hint]: never;
  readonly [field: string]: LiteralValue;
}

declare const hint: unique symbol;

type LiteralValue = (string & {}) | `${bigint}hint` | { readonly [field: string]: LiteralValue };

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

/** The values of a scope's columns; nothing where entities are not divided. */
export type ScopeValues<Scope extends readonly string[], State> = Scope extends readonly []
  ? undefined
  : { readonly [Column in Scope[number] & keyof State]: State[Column] };

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

type EventTypeOf<Event> = Event extends { readonly type: infer Type } ? Type : never;

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

/** Everything a user writes to define an entity. Each part infers through a parameter of its own. */
export interface EntityLiteral<
  Name extends string,
  Schema extends $ZodObject,
  Events extends EventShapes,
  Input,
  Created,
  Evolve,
  Commands,
  Index,
  Computed,
  Together,
  Id extends $ZodType<string>,
  Source extends IdSource,
  Table extends string,
  Lifecycle extends LifecycleNames | undefined,
  Versions extends VersionLists,
  Retired extends VersionLists,
  Children,
  Parent extends ParentDeclaration | undefined,
  Scope extends readonly string[],
  Snapshot extends SnapshotOptions | undefined,
  HistoryCommands,
> {
  /**
   * The entity's name in the singular, for example `user` or `orderLine`. It is the name of the topic,
   * and gives the tables `users` and `user_events`. Storage format: never change it.
   */
  readonly name: Name;
  /** The index table's name, where adding an `s` to the entity's name is not right. */
  readonly table?: Table;
  /** The id's schema, for example `z.uuid().brand("UserId")`. Ids are UUIDs. Default is any UUID. */
  readonly id?: Id;
  /**
   * Who chooses ids: the repository (`"generated"`, a UUIDv7, the default) or the caller of `create`.
   */
  readonly idSource?: Source;
  /** The state that the events fold into. */
  readonly schema: Schema;
  /**
   * Fields of the schema, for example `["tenantId"]`, that divide the entities into scopes which see
   * nothing of each other. Every call of a repository then needs one, see `scoped`; unique values and
   * lists are those of a scope. They are set when the entity is created, and never change.
   */
  readonly scope?: Scope & CheckScope<Scope, output<NoInfer<Schema>>>;
  /**
   * Whether the database itself keeps scopes apart as well, by policies on both tables (row-level security):
   * whoever is neither their owner nor exempt sees and writes only rows of the scope that a setting of
   * the transaction says, `annals.tenant_id` for the column `tenant_id`. Default is `false`.
   */
  readonly rowLevelSecurity?: boolean;
  /**
   * The event union: the stored event type to the payload's schema, in its newest version. Storage format.
   */
  readonly events: Events;
  /**
   * Versions of these events that are stored, but not written any more, the oldest first: what `events`
   * has is the one that follows them. Everything reads the newest shape; stored events never change.
   */
  readonly versions?: Versions & CheckVersions<Versions, NoInfer<Events>>;
  /** Old names of events to their new ones. The versions of both are the same. */
  readonly renamed?: { readonly [oldName: string]: keyof NoInfer<Events> & string };
  /** Names of events that are stored, but not written any more, with every version that they had. */
  readonly retired?: Retired & CheckRetired<Retired, NoInfer<Events>>;
  /** Decides the first event or events from the input. Pure. */
  readonly create: (
    input: Input,
    view: WithChildren<
      CreateView<ScopeValues<NoInfer<Scope>, output<NoInfer<Schema>>>>,
      NoInfer<Children>
    >,
  ) => Created | readonly [Created, ...EventUnion<NoInfer<Events>>[]] | Rejection;
  /** Reducers, exhaustive over the events. Pure. */
  readonly evolve: Evolve & CheckReducers<Evolve, output<NoInfer<Schema>>, NoInfer<Events>>;
  /** Decisions over the state. Pure: whatever they need is in the view or an argument. */
  readonly commands: Commands & CheckCommands<Commands, keyof NoInfer<Children>>;
  /**
   * Decisions that look into the history as well, which with `snapshot` is read for those alone who ask:
   * `users.findById(id, { history: true })`.
   */
  readonly historyCommands?: HistoryCommands &
    CommandFunctions<
      output<NoInfer<Schema>>,
      NoInfer<Events>,
      output<NoInfer<Id>>,
      NoInfer<Children>
    > &
    CheckCommands<HistoryCommands, keyof NoInfer<Children> | keyof NoInfer<Commands>>;
  /**
   * Has the state kept beside the events, for example after every hundredth: `{ every: 100 }`. Reads take
   * it with the events that follow it. Default is none: every read folds all events.
   */
  readonly snapshot?: Snapshot & CheckSnapshot<Snapshot>;
  /** Columns of the index table that repeat a field of the schema. */
  readonly index: Index & CheckIndex<Index, output<NoInfer<Schema>>>;
  /** Columns of the index table that are computed from the state. */
  readonly computed?: Computed &
    ComputedColumns<output<NoInfer<Schema>>> &
    CheckComputed<Computed, Index>;
  /** Columns whose values must be unique taken together; gives `findBy<One>And<Other>`. */
  readonly uniqueTogether?: Together &
    CheckTogether<Together, keyof Index | keyof Computed | ParentColumn<Parent>>;
  /**
   * Which events delete and restore the entity, for example
   * `{ delete: "UserDeleted", restore: "UserRestored" }`. Gives repositories `delete` and `restore`, and
   * hides deleted entities from everything that does not ask for them.
   */
  readonly lifecycle?: Lifecycle &
    CheckLifecycle<Lifecycle, NoInfer<Events>, EventTypeOf<NoInfer<Created>>>;
  /**
   * The kinds of children that belong to the entity, for example `{ lines: OrderLine }`: entities that
   * declare it as their `parent`, and that its commands alone create, change and remove.
   */
  readonly children?: Children & CheckChildren<Children, NoInfer<Name>>;
  /**
   * The name of the entity whose child it is, for example `"order"`; `{ name, table }` where that one has
   * a table of another name. Gives the index column `orderId`. Storage format.
   */
  readonly parent?: Parent;
  /**
   * How what is marked with `personal()` is kept, and which event says that it was forgotten, for example
   * `{ method: "crypto-shredding", event: "UserForgotten" }`. Required where anything is marked.
   */
  readonly erasure?: ErasureOptions<
    keyof NoInfer<Events> & string,
    keyof output<NoInfer<Schema>> & string
  >;
  /**
   * What the database itself asserts about each insert of events, beside immutability:
   * `"full"`, the default, refuses holes and an index row whose version was left behind; `"chained"` has
   * every event refer to the one before it as well, by a foreign key, which holds where triggers are off.
   */
  readonly guards?: Guards;
  /**
   * A role that the migration lets read and add events, and change none: for writers that are to have no
   * other way. It is created where it is missing. Default is none.
   */
  readonly writerRole?: string;
  /**
   * Whether events are stored with the context in which they were written, where the repository has
   * one. Default is `true`.
   */
  readonly context?: boolean;
}

/** Which rules the database keeps beside immutability. */
export type Guards = "minimal" | "full" | "chained";

export type CommandArguments = Record<string, unknown[]>;

export type IdSource = "generated" | "caller";
