import { createStoreRepository, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { Basket, BasketItem } from "./basket.ts";
import { changePens, itemsOf, look, protocol, shop } from "./nesting.ts";

it("keeps items in baskets as the guide shows", async () => {
  const store = new MemoryStore();
  const baskets = createStoreRepository(Basket, store);
  const items = createStoreRepository(BasketItem, store);
  const { id } = await shop(baskets);
  expect(await look(baskets, id)).toEqual({
    skus: ["pen", "paper"],
    first: { sku: "pen", quantity: 5 },
    customer: "Ada",
  });
  const found = await itemsOf(items, id);
  expect(found.items.map(({ state }) => state)).toEqual([
    { sku: "paper", quantity: 10 },
    { sku: "pen", quantity: 5 },
  ]);
  const [paper, ...earlier] = await protocol(baskets, id);
  expect(paper).toMatch(/^ItemAdded of /);
  expect(earlier.at(-1)).toBe("BasketOpened");
  await changePens(baskets, id, 6);
  const basket = await baskets.findById(id);
  expect(basket.items.list.map(({ state }) => state.quantity)).toEqual([6, 10]);
  expect(basket.attempt.add("ink", 86)).toMatchObject({ outcome: "rejected", code: "tooMuch" });
  expect(basket.items.size).toBe(2);
});
