import type { AnyEntity, IsScoped, ScopeOf } from "../define/entity-definition.ts";
import type { FinderMethods } from "./column-methods-type.ts";
import type { ColumnRefs } from "./entity-refs-type.ts";
import type { AllScopes } from "./scope.ts";

/** A repository whose every call needs a scope first. */
export interface Scoping<Definition extends AnyEntity, Bound> {
  /**
   * The repository of the entities in one scope: nothing else is found, listed, counted, created or
   * changed through it, and nobody else's unique values are in the way. Costs no statement; a repository
   * for each request is meant.
   *
   * @throws InvalidArgumentError for values that no entity's scope can have.
   * @example
   * const users = allUsers.scoped({ tenantId: session.tenantId });
   */
  scoped(scope: ScopeOf<Definition>): Bound;
  /** The repository of the entities in all scopes: `scoped(Scope.all)`. Nothing is created through it. */
  scoped(scope: AllScopes): AcrossScopes<Definition, Bound>;
}

/** What can be done without saying in which scope. */
export type AcrossScopes<Definition extends AnyEntity, Bound> = Omit<
  Bound,
  | "create"
  | "createAll"
  | "createOrFind"
  | "creator"
  | keyof FinderMethods<Definition, unknown>
  | keyof ColumnRefs<Definition, unknown>
>;

/** The repository itself, or one that needs a scope first, as the definition says. */
export type PerScope<Definition extends AnyEntity, Bound> =
  IsScoped<Definition> extends true ? Scoping<Definition, Bound> : Bound;
