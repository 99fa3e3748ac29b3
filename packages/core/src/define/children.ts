import type { $ZodObject, output } from "zod/v4/core";
import type { CreateView } from "./command-view.ts";
import type {
  AnyEntity,
  CommandsOf,
  Declared,
  EventOf,
  IdOf,
  StateOf,
} from "./entity-definition.ts";

/** One kind of children, as a definition declares it: the entity itself, or with options. */
export type ChildDeclaration = AnyEntity | ChildOptions<AnyEntity>;

export interface ChildOptions<Child extends AnyEntity> {
  readonly entity: Child;
  /**
   * Whether a change of these children keeps others from changing the tree at the same time, as a change
   * of the parent does. `false` lets two writers change two of them side by side: for children over which
   * nobody decides together. Default is `true`.
   */
  readonly guarded?: boolean;
}

/** The parent that an entity belongs to, by its name, and by its table where that is a name of its own. */
export type ParentDeclaration = string | { readonly name: string; readonly table: string };

/** The property under which a child has its parent's id. */
export type ParentColumn<Parent> = Parent extends string
  ? `${Parent}Id`
  : Parent extends { readonly name: infer Name extends string }
    ? `${Name}Id`
    : never;

/** The same for a definition; `never` where it has no parent. */
export type ParentColumnOf<Definition extends AnyEntity> =
  IsChild<Definition> extends true ? ParentColumn<Declared<Definition>["parent"]> : never;

/** Whether the definition is a child, which its parent alone writes. */
export type IsChild<Definition extends AnyEntity> = [undefined] extends [
  Declared<Definition>["parent"],
]
  ? false
  : true;

/** Whether the definition has children. */
export type HasChildren<Definition extends AnyEntity> = [keyof ChildrenOf<Definition>] extends [
  never,
]
  ? false
  : true;

/** The definition in a declaration. */
export type ChildOf<Declaration> = Declaration extends AnyEntity
  ? Declaration
  : Declaration extends { readonly entity: infer Child extends AnyEntity }
    ? Child
    : never;

/** The kinds of children of a definition, by their names. */
export type ChildrenOf<Definition extends AnyEntity> = Declared<Definition>["children"];

/** Children of one kind: those that are not removed, in the order of their ids. */
export interface Children<Item> extends Iterable<Item> {
  readonly size: number;
  readonly list: readonly Item[];
  /** @throws EntityNotFoundError also for one that is removed. */
  get(id: string): Item;
  maybeGet(id: string): Item | undefined;
}

/** What every entity shows of itself, with its parent or on its own. */
export interface ShownParts<Definition extends AnyEntity> {
  readonly id: IdOf<Definition>;
  /** The events folded, pending ones included. Frozen. */
  readonly state: Readonly<StateOf<Definition>>;
  /** How many of its events are committed. */
  readonly version: number;
  /** Whether it is deleted, pending events included. `false` where no lifecycle is declared. */
  readonly isDeleted: boolean;
  /**
   * Every event from the first one, pending ones last. Frozen.
   *
   * @throws HistoryNotLoadedError where the definition keeps snapshots and the entity was read without
   * `{ history: true }`.
   */
  readonly history: readonly EventOf<Definition>[];
  /** The events that are not committed. */
  readonly pending: readonly EventOf<Definition>[];
}

/** A child as its parent shows it: to look at. Its parent's commands change it. */
export type Child<Definition extends AnyEntity> = ShownParts<Definition> &
  ChildCollections<ChildrenOf<Definition>>;

/** The children of every kind, to look at. */
export type ChildCollections<Declarations> = {
  readonly [Kind in keyof Declarations]: Children<Child<ChildOf<Declarations[Kind]>>>;
};

/**
 * A child within a decision. What its commands yield is part of the decision; one that rejects ends the
 * decision with its reason.
 */
export type ChangingChild<Definition extends AnyEntity> = ShownParts<Definition> &
  ChangingCollections<ChildrenOf<Definition>> & {
    readonly [Command in keyof CommandsOf<Definition>]: (
      ...args: CommandsOf<Definition>[Command]
    ) => ChildOutcome;
  };

/** What became of a child's command; a command of the parent may return it as its own outcome. */
export type ChildOutcome = "executed" | "alreadyApplied";

/** The children of every kind, to change within a decision. */
export type ChangingCollections<Declarations> = {
  readonly [Kind in keyof Declarations]: ChangingChildren<ChildOf<Declarations[Kind]>>;
};

/** Children of one kind within a decision. */
export type ChangingChildren<Definition extends AnyEntity> = Children<ChangingChild<Definition>> &
  CreateChild<Definition> &
  RemoveChild<Definition, Declared<Definition>["lifecycle"]>;

interface CreateChild<Definition extends AnyEntity> {
  /** Decides and adds a new child. One that is rejected ends the decision with its reason. */
  create(...args: CreateChildArguments<Definition>): ChangingChild<Definition>;
}

type CreateChildArguments<Definition extends AnyEntity> =
  Declared<Definition>["source"] extends "caller"
    ? [input: Declared<Definition>["input"], options: { readonly id: IdOf<Definition> }]
    : unknown extends Declared<Definition>["input"]
      ? [input?: Declared<Definition>["input"]]
      : [input: Declared<Definition>["input"]];

type RemoveChild<Definition extends AnyEntity, Lifecycle> = (Lifecycle extends {
  readonly delete: infer Event extends string;
}
  ? {
      /** Deletes a child by the event that its lifecycle declares. */
      remove(...args: EventArguments<Definition, Event>): ChildOutcome;
    }
  : unknown) &
  (Lifecycle extends { readonly restore: infer Event extends string }
    ? {
        /** Brings a removed child back, where the tree was read with `includeDeleted`. */
        restore(...args: EventArguments<Definition, Event>): ChildOutcome;
      }
    : unknown);

type EventArguments<
  Definition extends AnyEntity,
  Event extends string,
> = Event extends keyof Definition["events"]
  ? Definition["events"][Event] extends infer Shape extends $ZodObject
    ? PayloadArguments<output<Shape>>
    : never
  : never;

type PayloadArguments<Payload> = [Payload[keyof Payload]] extends [never]
  ? [id: string]
  : Record<never, never> extends Payload
    ? [id: string, payload?: Readonly<Payload>]
    : [id: string, payload: Readonly<Payload>];

/** What a command of an entity with children may return beside a decision: what the children made of it. */
export type TreeOutcome<Declarations> = [keyof Declarations] extends [never]
  ? never
  :
      | ChildOutcome
      | readonly never[]
      | { readonly id: string; readonly pending: readonly object[] }
      | undefined
      // biome-ignore lint/suspicious/noConfusingVoidType: what a command without a return statement returns
      | void;

/**
 * What `create` may look at beside its input, with the children to create:
 * `create: (input: { … }, { lines }: CreateViewOf<{ lines: typeof OrderLine }>) => …`. TypeScript needs the
 * annotation to know the creating event before it looks at anything else.
 */
export type CreateViewOf<Declarations, Scope = unknown> = CreateView<Scope> &
  ChangingCollections<Declarations>;

/** Names that views and entities own, so that no kind of children may take them. */
type ReservedKind =
  | ("id" | "state" | "version" | "history" | "pending" | "attempt" | "isDeleted")
  | ("now" | "newId" | "then" | "toJSON" | "constructor");

/** Reports a kind whose name is taken, an unknown option, and an entity that is no child of this one. */
export type CheckChildren<Declarations, Name> = {
  readonly [Kind in keyof Declarations]: Kind extends ReservedKind
    ? { "this name is taken by the entity itself": Kind }
    : [UnknownOption<Declarations[Kind]>] extends [never]
      ? IsParent<Name, ParentColumnOf<ChildOf<Declarations[Kind]>>>
      : { "unknown option": UnknownOption<Declarations[Kind]> };
};

type UnknownOption<Declaration> = Declaration extends { readonly entity: unknown }
  ? Exclude<keyof Declaration, keyof ChildOptions<AnyEntity>>
  : never;

type IsParent<Name, Column> = [Column, ParentColumn<Name>] extends [ParentColumn<Name>, Column]
  ? unknown
  : { "this entity does not declare as its parent": Name };
