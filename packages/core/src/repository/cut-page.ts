import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Page } from "./list-type.ts";

const SIZE_DEFAULT = 50;
const SIZE_MAX = 1000;

/** From which end a page is cut, and how long it is at most. */
export interface PageSize {
  readonly take: "first" | "last";
  readonly size: number;
}

/** @throws InvalidArgumentError for both ends at once, and for a size out of range. */
export const pageSize = (
  entity: string,
  { first, last }: { readonly first?: number | undefined; readonly last?: number | undefined },
): PageSize => {
  if (first !== undefined && last !== undefined) {
    const problem = "first and last are both given";
    throw new InvalidArgumentError(entity, problem, "Cut the page from one of its ends.");
  }
  const take = last === undefined ? "first" : "last";
  const size = first ?? last ?? SIZE_DEFAULT;
  if (Number.isInteger(size) && size >= 1 && size <= SIZE_MAX) return { take, size };
  const problem = `${take} is not a whole number from 1 to ${SIZE_MAX}`;
  throw new InvalidArgumentError(entity, problem, "Ask for fewer rows.");
};

/** Whether the page was asked for beyond a place, on either side. */
interface Bounds {
  readonly after: boolean;
  readonly before: boolean;
}

/**
 * Cuts a page from rows in its order, of which one more was fetched than it has, so that it knows
 * whether there are others. A row gives one item.
 */
export const cutPage = <Row, Item>(
  rows: readonly Row[],
  { take, size }: PageSize,
  { after, before }: Bounds,
  { item, cursor }: { item: (row: Row) => Item; cursor: (row: Row) => string },
): Page<Item> =>
  cutPageOf(rows, { take, size }, { after, before }, { items: (row) => [item(row)], cursor });

/** The same for rows that give any number of items, which have their row's cursor in common. */
export const cutPageOf = <Row, Item>(
  rows: readonly Row[],
  { take, size }: PageSize,
  { after, before }: Bounds,
  { items, cursor }: { items: (row: Row) => readonly Item[]; cursor: (row: Row) => string },
): Page<Item> => {
  const isCut = rows.length > size;
  const cut = take === "first" ? rows.slice(0, size) : rows.slice(-size);
  const found = cut.flatMap((row) => items(row).map((item) => ({ row, item })));
  const cursorOf = (row: Row | undefined): string | undefined => row && cursor(row);
  return {
    items: found.map(({ item }) => item),
    hasNextPage: take === "first" ? isCut : before,
    hasPreviousPage: take === "first" ? after : isCut,
    // Also where the first or the last row gives no item, so that a walk goes on behind it.
    startCursor: cursorOf(cut[0]),
    endCursor: cursorOf(cut.at(-1)),
    cursorAt: (index) => cursorOf(found[index]?.row),
  };
};
