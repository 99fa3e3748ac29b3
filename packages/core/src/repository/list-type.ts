import type { AnyEntity } from "../define/entity-definition.ts";
import type { SortColumnOf } from "./column-values.ts";
import type { WhereOf } from "./where-type.ts";

export interface ListOptions<Definition extends AnyEntity> {
  /** A condition over index columns. Default is every entity. */
  readonly where?: WhereOf<Definition>;
  /** The column to order by; the id breaks ties. Default is `createdAt`. */
  readonly orderBy?: SortColumnOf<Definition>;
  /** Default is `asc`. Rows without a value come last in both directions. */
  readonly direction?: "asc" | "desc";
  /** How many entities the page has at most, counted from its beginning: 1 to 1,000. Default is 50. */
  readonly first?: number;
  /** The same, counted from its end: with `before`, the page that ends there. Not with `first`. */
  readonly last?: number;
  /** A page's `endCursor`: what comes after it. */
  readonly after?: string | undefined;
  /** A page's `startCursor`: what comes before it. */
  readonly before?: string | undefined;
}

/** A list walked from its beginning: every option but those that cut a page. */
export type WalkOptions<Definition extends AnyEntity> = Omit<
  ListOptions<Definition>,
  "last" | "before"
>;

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Whether more follows. In a page cut by `last`, whether `before` was given. */
  readonly hasNextPage: boolean;
  /** Whether more precedes. In a page cut by `first`, whether `after` was given. */
  readonly hasPreviousPage: boolean;
  /** Where the page begins: `before` for the page before it. `undefined` for an empty page. */
  readonly startCursor: string | undefined;
  /** Where the page ends: `after` for the next page. `undefined` for an empty page. */
  readonly endCursor: string | undefined;
  /** The cursor of one item, by its place on the page. */
  cursorAt(index: number): string | undefined;
}
