import { safeEncode } from "zod/v4/core";
import type { AnyEntity } from "../define/entity-definition.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import { isPlain, type JsonValue, NotJsonError } from "../define/json-value.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import { shortHash } from "../read/short-hash.ts";

/** Says that a call means the entities of all scopes, on purpose. */
export type AllScopes = typeof allScopes;

const allScopes: unique symbol = Symbol("annals.allScopes");

/** What is said in place of a scope. */
export const Scope: {
  /**
   * The entities of every scope, for those who operate all of them: what is read is found wherever it is,
   * and what is changed stays where it is. Nothing can be created, nor looked up by unique values, for
   * both are matters of one scope.
   */
  readonly all: AllScopes;
} = Object.freeze({ all: allScopes });

/** A scope that was checked; of all of them, where it has no values. */
export interface BoundScope {
  /** In the order of the plan's scope, as they are stored. */
  readonly values: readonly JsonValue[] | undefined;
  /** As they were given, for decisions. */
  readonly given: object | undefined;
  /** What cursors tell it by. */
  readonly mark: string;
}

/** @throws InvalidArgumentError for what is no scope of the definition. */
export const boundScope = (definition: AnyEntity, scope: unknown): BoundScope => {
  if (scope === Scope.all) return { values: undefined, given: undefined, mark: "*" };
  const { plan, columns } = definition[modelKey];
  const names = plan.scope.join(", ");
  const invalid = (problem: string): InvalidArgumentError =>
    new InvalidArgumentError(
      plan.name,
      problem,
      `Pass { ${names} }, or Scope.all for the entities of every scope.`,
    );
  if (typeof scope !== "object" || scope === null || !isPlain(scope)) {
    throw invalid("scoped() was given no scope");
  }
  const foreign = Object.keys(scope).find((name) => !plan.scope.includes(name));
  if (foreign !== undefined) throw invalid(`"${foreign}" is no column of the scope`);
  const shape = definition.schema._zod.def.shape;
  const values = plan.scope.map((name, at) => {
    const value = (scope as Readonly<Record<string, unknown>>)[name];
    const field = shape[name];
    const fits = field !== undefined && safeEncode(field, value as never).success;
    if (value === undefined || value === null || !fits) {
      throw invalid(`the scope has no value for "${name}" that an entity could have`);
    }
    try {
      return columns[at]?.toStored(value) as JsonValue;
    } catch (error) {
      if (!(error instanceof NotJsonError)) throw error;
      throw invalid(`the scope's "${name}" ${error.message}`);
    }
  });
  return { values, given: Object.freeze({ ...scope }), mark: shortHash(JSON.stringify(values)) };
};
