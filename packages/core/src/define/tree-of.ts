import type { ChildOf, ChildrenOf, HasChildren } from "./children.ts";
import { type AnyEntity, model } from "./entity-definition.ts";

/** Everything below a definition. */
export type DescendantOf<Definition extends AnyEntity> = AndBelow<
  ChildOf<ChildrenOf<Definition>[keyof ChildrenOf<Definition>]>
>;

type AndBelow<Child> = Child extends AnyEntity ? Child | DescendantOf<Child> : never;

/** A definition, and then everything below it. */
export type TreeOf<Definition extends AnyEntity> =
  HasChildren<Definition> extends true
    ? readonly [Definition, ...DescendantOf<Definition>[]]
    : readonly [Definition];

/**
 * A definition and everything below it, parents before their children: for whatever takes all of them.
 *
 * @example
 * const log = createConsumer(db, { name: "log", topics: treeOf(Order), onEvent });
 */
export const treeOf = <Definition extends AnyEntity>(definition: Definition): TreeOf<Definition> =>
  Object.freeze([definition, ...below(definition)]) as unknown as TreeOf<Definition>;

const below = ({ [model]: { children } }: AnyEntity): readonly AnyEntity[] =>
  children.flatMap(({ definition }) => [definition, ...below(definition)]);
