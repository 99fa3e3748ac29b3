import { type CreateViewOf, defineEntity } from "@annals/core";
import * as z from "zod";

/** A child of the trees that are measured: two events each. */
export const Line = defineEntity({
  name: "line",
  parent: "invoice",
  schema: z.object({ sku: z.string(), quantity: z.int() }),
  events: {
    LineAdded: z.object({ sku: z.string(), quantity: z.int() }),
    QuantityChanged: z.object({ quantity: z.int() }),
  },
  create: (input: { sku: string; quantity: number }) => ({ type: "LineAdded", ...input }),
  evolve: {
    LineAdded: (_, { sku, quantity }) => ({ sku, quantity }),
    QuantityChanged: (state, { quantity }) => ({ ...state, quantity }),
  },
  commands: { change: (_view, quantity: number) => ({ type: "QuantityChanged", quantity }) },
  index: { sku: {} },
});

/** A tree of one parent and its lines. */
export const Invoice = defineEntity({
  name: "invoice",
  schema: z.object({ customer: z.string() }),
  events: { InvoiceOpened: z.object({ customer: z.string() }) },
  children: { lines: Line },
  create: (
    input: { customer: string; lines: { sku: string; quantity: number }[] },
    { lines }: CreateViewOf<{ lines: typeof Line }>,
  ) => {
    for (const line of input.lines) lines.create(line);
    return { type: "InvoiceOpened", customer: input.customer };
  },
  evolve: { InvoiceOpened: (_, { customer }) => ({ customer }) },
  commands: {
    changeAll: ({ lines }, quantity: number) => {
      for (const line of lines) line.change(quantity);
    },
  },
  index: { customer: {} },
});
