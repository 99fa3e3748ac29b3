import type { Repository } from "@annals/core";
import type { Basket, BasketItem } from "./basket.ts";

type Baskets = Repository<typeof Basket, never>;
type Items = Repository<typeof BasketItem, never>;

// #region write
export const shop = async (baskets: Baskets) => {
  const basket = await baskets.create({
    customer: "Ada",
    items: [
      { sku: "pen", quantity: 2 },
      { sku: "ink", quantity: 1 },
    ],
  });
  const [pen, ink] = basket.items.list; // in the order of their creation
  if (pen === undefined || ink === undefined) throw new Error("There are two items");
  basket.changeQuantity(pen.id, 5);
  basket.remove(ink.id);
  basket.add("paper", 10);
  basket.order();
  await baskets.update(basket); // the basket, two changed items and a new one: together, or not at all
  return basket;
};
// #endregion

// #region read
export const look = async (baskets: Baskets, id: string) => {
  const basket = await baskets.findById(id); // with its items, in one statement
  const bare = await baskets.findById(id, { children: false });
  return {
    skus: basket.items.list.map(({ state }) => state.sku),
    first: basket.items.maybeGet(basket.items.list[0]?.id ?? "")?.state,
    customer: bare.state.customer, // bare.items throws ChildrenNotLoadedError
  };
};
// #endregion

// #region alone
/** Children are found by their own columns as well, and by their parent's id. */
export const itemsOf = (items: Items, basketId: string) =>
  items.listByBasketId(basketId, { orderBy: "sku" });
// #endregion
