import type { AnyEntity } from "../define/entity-definition.ts";
import { ScopeRequiredError } from "../errors/scope-errors.ts";
import { type BoundScope, boundScope, Scope } from "./scope.ts";

type Methods = Readonly<Record<string, unknown>>;

/** A repository that answers to a scope alone: every other call of it says that one is missing. */
export const scoping = (
  definition: AnyEntity,
  methodsIn: (scope: BoundScope) => Methods,
): Methods => {
  const { name, plan } = definition;
  const everywhere = methodsIn(boundScope(definition, Scope.all));
  const refused = Object.keys(everywhere).map((call): [string, () => never] => [
    call,
    () => {
      throw new ScopeRequiredError(name, call, plan.scope);
    },
  ]);
  const across = acrossScopes(everywhere);
  return Object.freeze({
    ...Object.fromEntries(refused),
    scoped: (scope: unknown): Methods =>
      scope === Scope.all ? across : methodsIn(boundScope(definition, scope)),
  });
};

/** What is unique, and what is created, is so in one scope. */
const acrossScopes = (methods: Methods): Methods =>
  Object.freeze(
    Object.fromEntries(Object.entries(methods).filter(([call]) => !OF_ONE_SCOPE.test(call))),
  );

const OF_ONE_SCOPE =
  /^(create|createAll|createOrFind|creator|(findBy|maybeFindBy|by|maybeBy)(?!Id$)[A-Z].*)$/;
