import type { $ZodObject, $ZodType, output } from "zod/v4/core";
import type { ParentDeclaration } from "./children.ts";
import type { CommandArguments, EventShapes, EventUnion, IdSource } from "./definition-types.ts";
import type { EntityModel } from "./entity-model.ts";
import type { EntityPlan } from "./entity-plan.ts";
import type { LifecycleNames } from "./lifecycle.ts";
import type { SnakeCase } from "./names.ts";

/** The index table's name where the definition does not say another. */
export type DefaultTable<Name extends string> = `${SnakeCase<Name>}s`;

declare const declared: unique symbol;

/** Reaches the untyped engine of a definition; for repositories and stores, not for users. */
export const model: unique symbol = Symbol("annals.model");

/** A defined entity: immutable, free of any connection, and the source of every type below. */
export interface EntityDefinition<
  Name extends string,
  Schema extends $ZodObject,
  Events extends EventShapes,
  Input,
  Arguments extends CommandArguments,
  Index,
  Computed,
  Together extends readonly (readonly string[])[],
  Id extends $ZodType<string>,
  Source extends IdSource,
  Table extends string,
  Lifecycle extends LifecycleNames | undefined,
  Children,
  Parent extends ParentDeclaration | undefined,
  Scope extends readonly string[],
> {
  readonly name: Name;
  readonly schema: Schema;
  readonly events: Events;
  /** Table, column and constraint names, as a store sees the entity. */
  readonly plan: EntityPlan;
  readonly [model]: EntityModel;
  /** Types only; nothing is there at run time. */
  readonly [declared]?: {
    readonly input: Input;
    readonly arguments: Arguments;
    readonly index: Index;
    readonly computed: Computed;
    readonly together: Together;
    readonly id: Id;
    readonly source: Source;
    readonly table: Table;
    readonly lifecycle: Lifecycle;
    readonly children: Children;
    readonly parent: Parent;
    readonly scope: Scope;
  };
}

/** Any definition, for parameters that accept all of them. */
export type AnyEntity = EntityDefinition<
  string,
  $ZodObject,
  EventShapes,
  unknown,
  CommandArguments,
  unknown,
  unknown,
  readonly (readonly string[])[],
  $ZodType<string>,
  IdSource,
  string,
  LifecycleNames | undefined,
  unknown,
  ParentDeclaration | undefined,
  readonly string[]
>;

/** What a definition declares that no property of it carries. */
export type Declared<Definition extends AnyEntity> = NonNullable<Definition[typeof declared]>;

/** The state of an entity: what its events fold into. */
export type StateOf<Definition extends AnyEntity> = output<Definition["schema"]>;

/** The entity's events as a discriminated union over `type`. */
export type EventOf<Definition extends AnyEntity> = EventUnion<Definition["events"]>;

/** The id's type: `string`, or the brand that the definition declares. */
export type IdOf<Definition extends AnyEntity> = output<Declared<Definition>["id"]>;

/** What `create` takes. */
export type CreateInputOf<Definition extends AnyEntity> = Declared<Definition>["input"];

/** Whether the definition declares a lifecycle, or is not known, so that its entities may be deleted. */
export type HasLifecycle<Definition extends AnyEntity> = [
  Declared<Definition>["lifecycle"],
] extends [undefined]
  ? false
  : true;

/** Command names to their arguments. */
export type CommandsOf<Definition extends AnyEntity> = Declared<Definition>["arguments"];

/** The names of the scope's columns; none for a definition that is not divided, or not known. */
export type ScopeColumnOf<Definition extends AnyEntity> =
  string extends Declared<Definition>["scope"][number]
    ? never
    : Declared<Definition>["scope"][number];

/** Whether the definition divides its entities into scopes. */
export type IsScoped<Definition extends AnyEntity> = [ScopeColumnOf<Definition>] extends [never]
  ? false
  : true;

/** A scope of the entities: a value for each of its columns. */
export type ScopeOf<Definition extends AnyEntity> = {
  readonly [Column in ScopeColumnOf<Definition> &
    keyof StateOf<Definition>]: StateOf<Definition>[Column];
};
