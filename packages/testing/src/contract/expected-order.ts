import type { EntityOf } from "@annals/core";
import type { defineItem, ItemInput } from "./entities/item.ts";

export type Item = EntityOf<ReturnType<typeof defineItem>>;

/** Everything that items can be ordered by. */
export const ITEM_ORDERS = [
  ...(["id", "createdAt", "title", "note", "kind", "rank", "serial", "price", "active"] as const),
  ...(["dueAt", "size", "owner", "day", "label"] as const),
] as const;

export type ItemOrder = (typeof ITEM_ORDERS)[number];

/** An item, and when it was created. */
export interface Listed {
  readonly item: Item;
  readonly createdAt: Date;
}

/**
 * The order that a list must have, told without any store: text by code points, absent values last in
 * both directions, ties by id.
 */
export const inOrder = (
  listed: readonly Listed[],
  orderBy: ItemOrder,
  direction: "asc" | "desc",
): readonly Item[] => {
  const sign = direction === "asc" ? 1 : -1;
  return listed
    .toSorted((one, other) => {
      const [first, second] = [orderingValue(one, orderBy), orderingValue(other, orderBy)];
      if (first === null || second === null) {
        if (first !== second) return first === null ? 1 : -1;
      } else if (compare(first, second) !== 0) {
        return sign * compare(first, second);
      }
      return sign * compare(one.item.id, other.item.id);
    })
    .map(({ item }) => item);
};

type Comparable = string | number | bigint | boolean | Date;

const orderingValue = ({ item, createdAt }: Listed, orderBy: ItemOrder): Comparable | null => {
  if (orderBy === "id") return item.id;
  if (orderBy === "createdAt") return createdAt;
  if (orderBy === "label") return `${item.state.title}!`;
  return item.state[orderBy satisfies keyof ItemInput];
};

const compare = (one: Comparable, other: Comparable): number => {
  if (typeof one === "string" && typeof other === "string") return compareText(one, other);
  if (one < other) return -1;
  return one > other ? 1 : 0;
};

/** By code points, which is the order of the UTF-8 bytes, and not that of UTF-16. */
const compareText = (one: string, other: string): number => {
  const [first, second] = [[...one], [...other]];
  for (let at = 0; at < Math.min(first.length, second.length); at += 1) {
    const difference = (first[at]?.codePointAt(0) ?? 0) - (second[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return first.length - second.length;
};
