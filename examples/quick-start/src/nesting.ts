import { type Repository, treeOf } from "@annals/core";
import { createConsumer } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { Basket, type BasketItem } from "./basket.ts";

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

// #region history
/** Everything that happened to a basket and in it, the latest first. */
export const protocol = async (baskets: Baskets, id: string) => {
  const { items } = await baskets.treeHistory(id, { direction: "desc", first: 20 });
  return items.map((one) =>
    one.topic === "basketItem" ? `${one.event.type} of ${one.entityId}` : one.event.type,
  );
};
// #endregion

// #region follow
/** Counts what is put into each basket, from the baskets' events and their items', in one order. */
export const additions = (db: Kysely<unknown>, count: (basketId: string) => void) =>
  createConsumer(db, {
    name: "additions",
    topics: treeOf(Basket), // Basket and BasketItem
    on: {
      basket: { BasketOpened: (_, { entityId }) => count(entityId) },
      basketItem: { ItemAdded: (_, { parentId }) => count(parentId) },
    },
  });
// #endregion

// #region part
export const changePens = async (baskets: Baskets, id: string, quantity: number) => {
  const basket = await baskets.findById(id, { children: { items: { where: { sku: "pen" } } } });
  for (const pen of basket.items) basket.changeQuantity(pen.id, quantity);
  await baskets.update(basket); // the guard is that of the whole tree
};
// #endregion
