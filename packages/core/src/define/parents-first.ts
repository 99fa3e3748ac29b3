import type { AnyEntity } from "./entity-definition.ts";

/**
 * The definitions in an order in which their tables can be made and filled: every child after its parent,
 * and otherwise as they were given.
 */
export const parentsFirst = <Definition extends AnyEntity>(
  definitions: readonly Definition[],
): readonly Definition[] => {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const depth = ({ plan }: AnyEntity): number => {
    const parent = plan.parent && byName.get(plan.parent.entity);
    return parent === undefined ? 0 : 1 + depth(parent);
  };
  return definitions.toSorted((one, other) => depth(one) - depth(other));
};
