import { AnnalsError } from "./annals-error.ts";

/**
 * An entity was to be written through the repository of another scope than its own, or its first event
 * puts it into another one. Nothing was written.
 */
export class ScopeMismatchError extends AnnalsError {
  readonly code = "ANNALS_SCOPE_MISMATCH";
  readonly entity: string;
  readonly id: string;

  constructor(at: { entity: string; id: string }) {
    super({
      message: `${at.entity} "${at.id}" is not in the scope of this repository`,
      hint: "Write it through the repository of its own scope; let create take the scope from its view.",
    });
    this.entity = at.entity;
    this.id = at.id;
  }
}

/** A call was made without a scope, of entities that are divided into scopes. */
export class ScopeRequiredError extends AnnalsError {
  readonly code = "ANNALS_SCOPE_REQUIRED";
  readonly entity: string;

  constructor(entity: string, call: string, columns: readonly string[]) {
    super({
      message: `${entity}.${call}() was called without a scope`,
      hint: `Call it on scoped({ ${columns.join(", ")} }), or on scoped(Scope.all) on purpose.`,
    });
    this.entity = entity;
  }
}
