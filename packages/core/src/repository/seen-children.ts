import type { EntityModel } from "../define/entity-model.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Visibility } from "../port/store.ts";

/** What a read is asked to see, as callers say it. */
export interface UntypedVisibility {
  readonly includeDeleted?: boolean | undefined;
  readonly children?: false | { readonly [kind: string]: boolean | undefined } | undefined;
}

/**
 * What a store is asked to see.
 *
 * @throws InvalidArgumentError for children that the definition does not have.
 */
export const visibilityOf = (
  { plan }: EntityModel,
  options: UntypedVisibility | undefined,
): Visibility => {
  const { includeDeleted, children } = options ?? {};
  if (children === undefined) return { includeDeleted };
  if (children === false) return { includeDeleted, kinds: [] };
  const names = plan.children.map(({ name }) => name);
  const unknown = Object.keys(children).find((kind) => !names.includes(kind));
  if (unknown === undefined) {
    return { includeDeleted, kinds: names.filter((name) => children[name] !== false) };
  }
  throw new InvalidArgumentError(
    plan.name,
    `it has no children "${unknown}"`,
    names.length === 0 ? "Leave the option out." : `It has ${names.join(", ")}.`,
  );
};
