import type { IsChild } from "../define/children.ts";
import type { AnyEntity } from "../define/entity-definition.ts";
import type { ColumnMethods } from "./column-methods-type.ts";
import type { CreateOrFindMethods } from "./create-or-find-method.ts";
import type { EntityRefs } from "./entity-refs-type.ts";
import type { LifecycleMethods } from "./lifecycle-methods.ts";
import type { ReadMethods } from "./read-methods.ts";
import type { TreeHistoryOf } from "./tree-history-type.ts";
import type { WriteMethods } from "./write-methods.ts";

/** Stores and finds the entities of one definition. */
export type Repository<Definition extends AnyEntity, Tx> = ReadMethods<Definition, Tx> &
  ColumnMethods<Definition, Tx> &
  TreeHistoryOf<Definition, Tx> &
  (IsChild<Definition> extends true ? unknown : AllWriteMethods<Definition, Tx>);

/** Children are written through their parents. */
type AllWriteMethods<Definition extends AnyEntity, Tx> = WriteMethods<Definition, Tx> &
  LifecycleMethods<Definition, Tx> &
  CreateOrFindMethods<Definition, Tx> &
  EntityRefs<Definition, Tx>;
