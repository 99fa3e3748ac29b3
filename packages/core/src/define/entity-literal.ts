import type { $ZodObject, $ZodType, output } from "zod/v4/core";
import type { CheckChildren, ParentColumn, ParentDeclaration } from "./children.ts";
import type { CreateView } from "./command-view.ts";
import type { Rejection } from "./decision.ts";
import type {
  CheckCommands,
  CheckComputed,
  CheckIndex,
  CheckLifecycle,
  CheckReducers,
  CheckScope,
  CheckSnapshot,
  CheckTogether,
} from "./definition-checks.ts";
import type {
  CommandFunctions,
  ComputedColumns,
  EventShapes,
  EventUnion,
  IdSource,
  ScopeValues,
  WithChildren,
} from "./definition-types.ts";
import type { ErasureOptions } from "./erasure.ts";
import type { CheckRetired, CheckVersions, VersionLists } from "./event-versions-type.ts";
import type { LifecycleNames } from "./lifecycle.ts";
import type { SnapshotOptions } from "./snapshot.ts";

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

type EventTypeOf<Event> = Event extends { readonly type: infer Type } ? Type : never;

/** Which rules the database keeps beside immutability. */
export type Guards = "minimal" | "full" | "chained";
