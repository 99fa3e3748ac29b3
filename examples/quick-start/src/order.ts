import {
  type CreateInputOf,
  type CreateView,
  defineEntity,
  type IdOf,
  jsonBigInt,
  jsonDate,
  type Repository,
  reject,
} from "@annals/core";
import * as z from "zod";

// #region definition
export const OrderId = z.uuid().brand("OrderId");

export const Order = defineEntity({
  name: "order",
  id: OrderId, // findById and the entities' ids are branded
  idSource: "caller", // orders.create(input, { id })
  schema: z.object({
    shop: z.string(),
    number: z.int().min(1).max(999_999), // integer column
    customerId: z.uuid(),
    cents: jsonBigInt(), // a bigint here, a decimal string in the event, numeric in the index
    placedAt: jsonDate(), // a Date here, an ISO string in the event, a timestamp in the index
    note: z.string().optional(), // NULL when absent
  }),
  events: {
    OrderPlaced: z.object({
      shop: z.string(),
      number: z.int(),
      customerId: z.uuid(),
      cents: jsonBigInt(),
      placedAt: jsonDate(),
    }),
    NoteTaken: z.object({ note: z.string() }),
  },
  create: (
    input: { shop: string; number: number; customerId: string; cents: bigint },
    { now }: CreateView, // annotate it: what a decision may know beside its input
  ) =>
    input.cents > 0n ? { type: "OrderPlaced", ...input, placedAt: now } : reject("nothing-ordered"),
  evolve: {
    OrderPlaced: (_, { type: _type, ...order }) => order,
    NoteTaken: (state, { note }) => ({ ...state, note }),
  },
  commands: {
    takeNote: (_view, note: string) => ({ type: "NoteTaken", note }),
  },
  index: {
    customerId: { references: "users", immutable: true },
    shop: {},
    number: {},
    cents: { check: "cents > 0" },
    placedAt: {},
    note: { sort: false },
  },
  computed: {
    isLarge: { from: (state) => state.cents >= 100_000n, type: "boolean" },
  },
  uniqueTogether: [["shop", "number"]], // findByShopAndNumber({ shop, number })
});
// #endregion

type Orders = Repository<typeof Order, never>;

// #region create-or-find
/** The same request twice makes one order: its id comes with it. */
export const place = async (
  orders: Orders,
  id: IdOf<typeof Order>,
  input: CreateInputOf<typeof Order>,
) => {
  const { entity, created } = await orders.createOrFind(input, { id });
  return created ? "placed" : `placed before, at version ${entity.version}`;
};
// #endregion
