import type { $ZodObject, $ZodType, output } from "zod/v4/core";
import type { ChildDeclaration, ParentDeclaration } from "./children.ts";
import type {
  CommandFunctions,
  ComputedColumns,
  EventShapes,
  EventUnion,
  IdSource,
  IndexColumns,
  Reducers,
} from "./definition-types.ts";
import { type DefaultTable, type EntityDefinition, model } from "./entity-definition.ts";
import type { EntityLiteral } from "./entity-literal.ts";
import { buildModel, type UntypedLiteral } from "./entity-model.ts";
import type { VersionLists } from "./event-versions-type.ts";
import type { LifecycleNames } from "./lifecycle.ts";
import type { SnapshotOptions } from "./snapshot.ts";

/**
 * Defines an entity: the schema of its state, its events, how they fold, what may be decided, and the
 * columns by which it can be found.
 *
 * Everything is checked here, once: what the compiler cannot see (a payload that JSON would change, a
 * name that PostgreSQL would truncate, two columns of one name) is an error when the module loads.
 *
 * @throws InvalidDefinitionError with a sentence about what is wrong and what to do.
 */
export const defineEntity = <
  const Name extends string,
  Schema extends $ZodObject,
  Events extends EventShapes,
  Input,
  Created extends EventUnion<NoInfer<Events>>,
  Evolve extends Reducers<output<NoInfer<Schema>>, NoInfer<Events>, Created["type"]>,
  Commands extends CommandFunctions<
    output<NoInfer<Schema>>,
    NoInfer<Events>,
    output<NoInfer<Id>>,
    NoInfer<Children>,
    NoInfer<Snapshot>
  >,
  const Index extends IndexColumns<output<NoInfer<Schema>>>,
  const Computed extends ComputedColumns<output<NoInfer<Schema>>> = Record<never, never>,
  const Together extends readonly (readonly string[])[] = readonly [],
  Id extends $ZodType<string> = $ZodType<string>,
  const Source extends IdSource = "generated",
  const Table extends string = DefaultTable<Name>,
  const Lifecycle extends LifecycleNames | undefined = undefined,
  const Versions extends VersionLists = Record<never, never>,
  const Retired extends VersionLists = Record<never, never>,
  Children extends Record<string, ChildDeclaration> = Record<never, never>,
  const Parent extends ParentDeclaration | undefined = undefined,
  const Scope extends readonly string[] = readonly [],
  Snapshot extends SnapshotOptions | undefined = undefined,
  HistoryCommands extends CommandFunctions<
    output<NoInfer<Schema>>,
    NoInfer<Events>,
    output<NoInfer<Id>>,
    NoInfer<Children>
  > = Record<never, never>,
>(
  literal: EntityLiteral<
    Name,
    Schema,
    Events,
    Input,
    Created,
    Evolve,
    Commands,
    Index,
    Computed,
    Together,
    Id,
    Source,
    Table,
    Lifecycle,
    Versions,
    Retired,
    Children,
    Parent,
    Scope,
    Snapshot,
    HistoryCommands
  >,
): EntityDefinition<
  Name,
  Schema,
  Events,
  Input,
  {
    [Name in keyof (Commands & HistoryCommands)]: (Commands & HistoryCommands)[Name] extends (
      view: never,
      ...args: infer Arguments extends unknown[]
    ) => unknown
      ? Arguments
      : never;
  },
  Index,
  Computed,
  Together,
  Id,
  Source,
  Table,
  Lifecycle,
  Children,
  Parent,
  Scope
> => {
  const built = buildModel(literal as unknown as UntypedLiteral);
  return Object.freeze({
    name: literal.name,
    schema: literal.schema,
    events: literal.events,
    plan: built.plan,
    [model]: built,
  });
};
