import { defineEntity, jsonBigInt, jsonDate } from "@annals/core";
import * as z from "zod";

const fields = {
  title: z.string(),
  note: z.string().nullable(),
  kind: z.enum(["book", "tool", "toy"]),
  rank: z.int32().nullable(),
  serial: z.int(),
  price: z.number(),
  active: z.boolean(),
  dueAt: jsonDate().nullable(),
  size: jsonBigInt(),
  owner: z.uuid().nullable(),
  day: z.iso.date().nullable(),
};

export type ItemInput = z.output<z.ZodObject<typeof fields>>;

/** A column of every kind, each of which lists can be ordered by. */
export const defineItem = (name: string) =>
  defineEntity({
    name,
    schema: z.object(fields),
    events: { ItemAdded: z.object(fields), ItemPriced: z.object({ price: z.number() }) },
    create: (input: ItemInput) => ({ type: "ItemAdded", ...input }),
    evolve: {
      ItemAdded: (_, { type: _type, ...item }) => item,
      ItemPriced: (state, { price }) => ({ ...state, price }),
    },
    commands: { price: (_, price: number) => ({ type: "ItemPriced", price }) },
    index: {
      title: {},
      note: {},
      kind: {},
      rank: {},
      serial: {},
      price: {},
      active: {},
      dueAt: {},
      size: {},
      owner: {},
      day: {},
    },
    computed: { label: { from: ({ title }) => `${title}!`, type: "text" } },
  });

/** An item that differs from others only in what is given. */
export const item = (given: Partial<ItemInput> = {}): ItemInput => ({
  title: "Atlas",
  note: null,
  kind: "book",
  rank: null,
  serial: 1,
  price: 1,
  active: true,
  dueAt: null,
  size: 1n,
  owner: null,
  day: null,
  ...given,
});
