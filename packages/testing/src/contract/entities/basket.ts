import { type CreateView, type CreateViewOf, defineEntity } from "@annals/core";
import * as z from "zod";

interface Tenant {
  readonly tenantId: string;
}

/** A child in the scope of its parent, unless its first event says another one. */
const defineItem = (name: string, parent: string) =>
  defineEntity({
    name,
    parent,
    scope: ["tenantId"],
    schema: z.object({ tenantId: z.string(), sku: z.string() }),
    events: {
      ItemPut: z.object({ tenantId: z.string(), sku: z.string() }),
      ItemSwapped: z.object({ sku: z.string() }),
    },
    create: (input: { sku: string; elsewhere?: string }, { scope }: CreateView<Tenant>) => ({
      type: "ItemPut",
      tenantId: input.elsewhere ?? scope.tenantId,
      sku: input.sku,
    }),
    evolve: {
      ItemPut: (_, { tenantId, sku }) => ({ tenantId, sku }),
      ItemSwapped: (state, { sku }) => ({ ...state, sku }),
    },
    commands: { swap: (_view, sku: string) => ({ type: "ItemSwapped", sku }) },
    index: { sku: { unique: true } },
  });

/** A tree that is divided into scopes. */
export const defineBasket = (name: string) => {
  const Item = defineItem(`${name}i`, name);
  const Basket = defineEntity({
    name,
    scope: ["tenantId"],
    schema: z.object({ tenantId: z.string(), owner: z.string() }),
    events: { BasketTaken: z.object({ tenantId: z.string(), owner: z.string() }) },
    children: { items: Item },
    create: (
      input: { owner: string; skus: readonly string[]; elsewhere?: string },
      { scope, items }: CreateViewOf<{ items: typeof Item }, Tenant>,
    ) => {
      for (const sku of input.skus) {
        const { elsewhere } = input;
        items.create(elsewhere === undefined ? { sku } : { sku, elsewhere });
      }
      return { type: "BasketTaken", tenantId: scope.tenantId, owner: input.owner };
    },
    evolve: { BasketTaken: (_, { tenantId, owner }) => ({ tenantId, owner }) },
    commands: {
      put: ({ items }, sku: string) => items.create({ sku }),
      swap: ({ items }, id: string, sku: string) => items.get(id).swap(sku),
    },
    index: { owner: {} },
  });
  return { Basket, Item, all: [Basket, Item] };
};
