import { alreadyApplied, type CreateViewOf, defineEntity, reject } from "@annals/core";
import * as z from "zod";

// #region child
const Item = z.object({ sku: z.string(), quantity: z.int().min(1) });

export const BasketItem = defineEntity({
  name: "basketItem", // tables "basket_items" and "basket_item_events"
  parent: "basket", // a column basket_id, which refers to "baskets"
  schema: Item,
  events: {
    ItemAdded: Item,
    QuantityChanged: z.object({ quantity: z.int().min(1) }),
    ItemRemoved: z.object({}),
  },
  create: (input: z.infer<typeof Item>) => ({ type: "ItemAdded", ...input }),
  evolve: {
    ItemAdded: (_, { sku, quantity }) => ({ sku, quantity }),
    QuantityChanged: (state, { quantity }) => ({ ...state, quantity }),
    ItemRemoved: (state) => state,
  },
  commands: {
    changeQuantity: ({ state }, quantity: number) => {
      if (quantity > 99) return reject("tooMany");
      return quantity === state.quantity ? alreadyApplied : { type: "QuantityChanged", quantity };
    },
  },
  index: { sku: {} },
  uniqueTogether: [["basketId", "sku"]], // once in a basket
  lifecycle: { delete: "ItemRemoved" },
});
// #endregion

const LIMIT = 100;

const pieces = (items: Iterable<{ readonly state: { readonly quantity: number } }>): number =>
  [...items].reduce((sum, { state }) => sum + state.quantity, 0);

// #region parent
export const Basket = defineEntity({
  name: "basket",
  schema: z.object({ customer: z.string(), isOrdered: z.boolean() }),
  events: {
    BasketOpened: z.object({ customer: z.string() }),
    BasketOrdered: z.object({ pieces: z.int() }),
  },
  children: { items: BasketItem },
  create: (
    input: { customer: string; items?: z.infer<typeof Item>[] },
    { items }: CreateViewOf<{ items: typeof BasketItem }>,
  ) => {
    for (const item of input.items ?? []) items.create(item);
    return { type: "BasketOpened", customer: input.customer };
  },
  evolve: {
    BasketOpened: (_, { customer }) => ({ customer, isOrdered: false }),
    BasketOrdered: (state) => ({ ...state, isOrdered: true }),
  },
  commands: {
    add: ({ items }, sku: string, quantity: number) => {
      items.create({ sku, quantity });
      return pieces(items) > LIMIT ? reject("tooMuch") : undefined; // then nothing was created
    },
    changeQuantity: ({ items }, id: string, quantity: number) =>
      items.get(id).changeQuantity(quantity),
    remove: ({ items }, id: string) => items.remove(id),
    order: ({ state, items }) => {
      if (state.isOrdered) return alreadyApplied;
      return items.size === 0 ? reject("empty") : { type: "BasketOrdered", pieces: pieces(items) };
    },
  },
  index: { customer: {} },
});
// #endregion
