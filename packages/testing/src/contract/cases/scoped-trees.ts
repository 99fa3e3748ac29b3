import {
  createStoreRepository,
  DuplicateValueError,
  EntityNotFoundError,
  Scope,
  ScopeMismatchError,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineBasket } from "../entities/basket.ts";
import { thrownBy } from "../thrown-by.ts";

const openBaskets = async (bench: Bench) => {
  const { Basket, Item } = await bench.defineAll(defineBasket);
  const baskets = createStoreRepository(Basket, bench.store);
  const items = createStoreRepository(Item, bench.store);
  const [acme, globex] = [{ tenantId: "acme" }, { tenantId: "globex" }];
  return {
    acme: baskets.scoped(acme),
    globex: baskets.scoped(globex),
    all: baskets.scoped(Scope.all),
    itemsOf: { acme: items.scoped(acme), globex: items.scoped(globex) },
  };
};

export const scopedTrees = contractGroup("scopes: trees", {
  "a tree is in one scope as a whole": async (bench) => {
    const { acme, globex, itemsOf } = await openBaskets(bench);
    const ours = await acme.create({ owner: "Ada", skus: ["pen", "cup"] });
    const theirs = await globex.create({ owner: "Bob", skus: ["pen"] });
    const skus = async (basket: typeof ours) =>
      basket.items.list.map(({ state }) => `${state.tenantId} ${state.sku}`).sort();
    expect(await skus(await acme.findById(ours.id))).toEqual(["acme cup", "acme pen"]);
    expect(await skus(await globex.findById(theirs.id))).toEqual(["globex pen"]);
    await thrownBy(globex.findById(ours.id), EntityNotFoundError);
    // Children are found by themselves as well, within their scope.
    const pen = await itemsOf.acme.findBySku("pen");
    expect(await itemsOf.globex.maybeFindById(pen.id)).toBeUndefined();
    expect(await itemsOf.globex.count()).toBe(1);
  },

  "a child is not written into another scope, nor through one": async (bench) => {
    const { acme, globex, all } = await openBaskets(bench);
    await thrownBy(
      acme.create({ owner: "Ada", skus: ["pen"], elsewhere: "globex" }),
      ScopeMismatchError,
    );
    expect(await all.count()).toBe(0);
    const ours = await acme.create({ owner: "Ada", skus: ["pen"] });
    ours.put("cup");
    await thrownBy(globex.update(ours), ScopeMismatchError);
    await thrownBy(globex.updateAll([ours]), ScopeMismatchError);
    expect((await acme.findById(ours.id)).items.size).toBe(1);
    await acme.update(ours);
    const [first] = (await acme.findById(ours.id)).items.list;
    ours.swap(first?.id ?? "", "mug");
    expect(await all.update(ours)).toBe(1);
    expect((await acme.findById(ours.id)).items.size).toBe(2);
  },

  "unique values of children are those of a scope": async (bench) => {
    const { acme, globex } = await openBaskets(bench);
    await acme.create({ owner: "Ada", skus: ["pen"] });
    await globex.create({ owner: "Bob", skus: ["pen"] });
    const error = await thrownBy(acme.create({ owner: "Eve", skus: ["pen"] }), DuplicateValueError);
    expect(error.columns).toEqual(["sku"]);
  },
});
