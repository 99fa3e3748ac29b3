import { alreadyApplied, type CreateViewOf, defineEntity, reject } from "@annals/core";
import * as z from "zod";

export const Tag = defineEntity({
  name: "tag",
  parent: "item",
  schema: z.object({ text: z.string() }),
  events: { Tagged: z.object({ text: z.string() }), Retagged: z.object({ text: z.string() }) },
  create: (text: string) => ({ type: "Tagged", text }),
  evolve: { Tagged: (_, { text }) => ({ text }), Retagged: (_, { text }) => ({ text }) },
  commands: { rewrite: (_view, text: string) => ({ type: "Retagged", text }) },
  index: {},
});

export const Item = defineEntity({
  name: "item",
  parent: "cart",
  schema: z.object({ sku: z.string(), quantity: z.int() }),
  events: {
    Added: z.object({ sku: z.string(), quantity: z.int() }),
    Counted: z.object({ quantity: z.int() }),
    Removed: z.object({}),
    PutBack: z.object({}),
  },
  children: { tags: Tag },
  create: (input: { sku: string; quantity: number }) => ({ type: "Added", ...input }),
  evolve: {
    Added: (_, { sku, quantity }) => ({ sku, quantity }),
    Counted: (state, { quantity }) => ({ ...state, quantity }),
    Removed: (state) => state,
    PutBack: (state) => state,
  },
  commands: {
    count: ({ state }, quantity: number) =>
      quantity === state.quantity ? alreadyApplied : { type: "Counted", quantity },
    tag: ({ tags }, text: string) => {
      const [tag] = tags.list;
      if (tag === undefined) tags.create(text);
      else tag.rewrite(text);
    },
  },
  index: { sku: {} },
  uniqueTogether: [["cartId", "sku"]],
  lifecycle: { delete: "Removed", restore: "PutBack" },
});

export const Remark = defineEntity({
  name: "remark",
  parent: "cart",
  schema: z.object({ text: z.string() }),
  events: { Made: z.object({ text: z.string() }), Changed: z.object({ text: z.string() }) },
  create: (text: string) => ({ type: "Made", text }),
  evolve: { Made: (_, { text }) => ({ text }), Changed: (_, { text }) => ({ text }) },
  commands: { rewrite: (_view, text: string) => ({ type: "Changed", text }) },
  index: {},
});

/** At most so many of all items of a cart together. */
export const CART_LIMIT = 20;

export const Cart = defineEntity({
  name: "cart",
  schema: z.object({ owner: z.string(), sealed: z.boolean() }),
  events: {
    Opened: z.object({ owner: z.string() }),
    Renamed: z.object({ owner: z.string() }),
    Sealed: z.object({ total: z.int() }),
  },
  children: { items: Item, remarks: { entity: Remark, guarded: false } },
  create: (
    input: { owner: string; items?: { sku: string; quantity: number }[]; remarks?: string[] },
    { items, remarks }: CreateViewOf<{ items: typeof Item; remarks: typeof Remark }>,
  ) => {
    for (const item of input.items ?? []) items.create(item);
    for (const text of input.remarks ?? []) remarks.create(text);
    return { type: "Opened", owner: input.owner };
  },
  evolve: {
    Opened: (_, { owner }) => ({ owner, sealed: false }),
    Renamed: (state, { owner }) => ({ ...state, owner }),
    Sealed: (state) => ({ ...state, sealed: true }),
  },
  commands: {
    rename: (_view, owner: string) => ({ type: "Renamed", owner }),
    add: ({ items }, sku: string, quantity: number) => {
      if (items.list.some(({ state }) => state.sku === sku)) return reject("twice");
      items.create({ sku, quantity });
      return totalOf(items) > CART_LIMIT ? reject("tooMany") : undefined;
    },
    count: ({ items }, id: string, quantity: number) => {
      items.get(id).count(quantity);
      return totalOf(items) > CART_LIMIT ? reject("tooMany") : undefined;
    },
    remove: ({ items }, id: string) => items.remove(id),
    tag: ({ items }, id: string, text: string) => items.get(id).tag(text),
    remark: ({ remarks }, text: string) => remarks.create(text),
    rewrite: ({ remarks }, id: string, text: string) => remarks.get(id).rewrite(text),
    seal: ({ state, items }) =>
      state.sealed ? alreadyApplied : { type: "Sealed", total: totalOf(items) },
  },
  index: { owner: {} },
});

/** Parents before their children. */
export const cartFamily = [Cart, Item, Tag, Remark] as const;

export const totalOf = (
  items: Iterable<{ readonly state: { readonly quantity: number } }>,
): number => [...items].reduce((sum, { state }) => sum + state.quantity, 0);
