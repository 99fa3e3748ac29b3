import {
  alreadyApplied,
  type CreateViewOf,
  defineEntity,
  type Forgotten,
  personal,
  reject,
} from "@annals/core";
import * as z from "zod";
import { price } from "./money.ts";

/** One position of an invoice. The invoice's commands write it. */
export const InvoiceLine = defineEntity({
  name: "invoiceLine",
  parent: "invoice",
  scope: ["tenantId"],
  schema: z.object({
    tenantId: z.string(),
    description: z.string().min(1),
    quantity: z.int().min(1),
    cents: z.int(),
  }),
  events: {
    LineAdded: z.object({
      tenantId: z.string(),
      description: z.string(),
      quantity: z.int(),
      cents: z.int(),
    }),
    QuantityChanged: z.object({ quantity: z.int() }),
    LineRemoved: z.object({}),
  },
  create: (
    input: { description: string; quantity: number; cents: number },
    { scope }: CreateViewOf<Record<never, never>, { tenantId: string }>,
  ) => ({ type: "LineAdded", tenantId: scope.tenantId, ...input }),
  evolve: {
    LineAdded: (_, { type: _type, ...line }) => line,
    QuantityChanged: (state, { quantity }) => ({ ...state, quantity }),
    LineRemoved: (state) => state,
  },
  commands: {
    changeQuantity: ({ state }, quantity: number) =>
      state.quantity === quantity ? alreadyApplied : { type: "QuantityChanged", quantity },
  },
  index: {},
  lifecycle: { delete: "LineRemoved" },
});

export interface Line {
  readonly description: string;
  readonly quantity: number;
  readonly cents: number;
}

export interface NewInvoice {
  readonly number: string;
  readonly customerId: string;
  readonly billedTo: string | Forgotten;
  readonly currency: "EUR" | "USD";
  readonly lines: readonly Line[];
}

const currency = price.shape.currency;
const billedTo = personal(z.string());
const opened = {
  tenantId: z.string(),
  number: z.string(),
  customerId: z.uuid(),
  billedTo,
  currency,
};

/**
 * An invoice and its lines, changed together: what is issued has the sum of the lines that it was issued
 * with, whoever else was changing one of them. The name on it is forgotten with the customer.
 */
export const Invoice = defineEntity({
  name: "invoice",
  scope: ["tenantId"],
  schema: z.object({
    ...opened,
    status: z.enum(["draft", "issued", "paid"]),
    totalCents: z.int().optional(),
  }),
  events: {
    InvoiceOpened: z.object(opened),
    InvoiceIssued: z.object({ totalCents: z.int() }),
    InvoicePaid: z.object({ totalCents: z.int(), currency }),
    InvoiceAnonymised: z.object({}),
  },
  erasure: {
    method: "crypto-shredding",
    event: "InvoiceAnonymised",
    subject: { kind: "customer", field: "customerId" },
  },
  children: { lines: InvoiceLine },
  create: (
    { lines: positions, ...input }: NewInvoice,
    { scope, lines }: CreateViewOf<{ lines: typeof InvoiceLine }, { tenantId: string }>,
  ) => {
    for (const position of positions) lines.create(position);
    return { type: "InvoiceOpened", tenantId: scope.tenantId, ...input };
  },
  evolve: {
    InvoiceOpened: (_, { type: _type, ...invoice }) => ({ ...invoice, status: "draft" }),
    InvoiceIssued: (state, { totalCents }) => ({ ...state, status: "issued", totalCents }),
    InvoicePaid: (state) => ({ ...state, status: "paid" }),
    InvoiceAnonymised: (state) => state,
  },
  commands: {
    addLine: ({ state, lines }, line: Line) =>
      state.status === "draft" ? lines.create(line) : reject(state.status),
    changeQuantity: ({ state, lines }, line: string, quantity: number) =>
      state.status === "draft" ? lines.get(line).changeQuantity(quantity) : reject(state.status),
    removeLine: ({ state, lines }, line: string) =>
      state.status === "draft" ? lines.remove(line) : reject(state.status),
    issue: ({ state, lines }) => {
      if (state.status !== "draft") return alreadyApplied;
      if (lines.size === 0) return reject("nothing-to-pay");
      const totalCents = lines.list.reduce((sum, line) => sum + amount(line.state), 0);
      return { type: "InvoiceIssued", totalCents };
    },
    pay: ({ state }, cents: number) => {
      if (state.status === "paid") return alreadyApplied;
      if (state.totalCents === undefined) return reject("not-issued");
      if (cents !== state.totalCents) return reject("another-amount");
      return { type: "InvoicePaid", totalCents: cents, currency: state.currency };
    },
  },
  index: {
    number: { unique: true },
    customerId: { references: "customers", immutable: true },
    status: {},
  },
});

const amount = ({ quantity, cents }: Line): number => quantity * cents;
