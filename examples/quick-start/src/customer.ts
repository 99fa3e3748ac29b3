import { defineEntity, localKeys, personal } from "@annals/core";
import * as z from "zod";

// #region definition
export const Customer = defineEntity({
  name: "customer",
  schema: z.object({ email: personal(z.email()), name: personal(z.string()), plan: z.string() }),
  events: {
    CustomerRegistered: z.object({
      email: personal(z.email()),
      name: personal(z.string()),
      plan: z.string(),
    }),
    CustomerForgotten: z.object({}),
  },
  erasure: { method: "crypto-shredding", event: "CustomerForgotten" },
  create: (input: { email: string; name: string; plan: string }) => ({
    type: "CustomerRegistered",
    ...input,
  }),
  evolve: {
    CustomerRegistered: (_, { email, name, plan }) => ({ email, name, plan }),
    CustomerForgotten: (state) => ({ ...state, plan: "none" }),
  },
  commands: {},
  index: { email: { unique: true, normalize: (email) => email.toLowerCase() }, plan: {} },
});
// #endregion

// #region subject
export const Invoice = defineEntity({
  name: "invoice",
  schema: z.object({ customerId: z.string(), address: personal(z.string()), cents: z.int() }),
  events: {
    InvoiceIssued: z.object({
      customerId: z.string(),
      address: personal(z.string()),
      cents: z.int(),
    }),
    InvoiceForgotten: z.object({}),
  },
  erasure: {
    method: "payload-table",
    event: "InvoiceForgotten",
    subject: { kind: "customer", field: "customerId" },
  },
  create: (input: { customerId: string; address: string; cents: number }) => ({
    type: "InvoiceIssued",
    ...input,
  }),
  evolve: {
    InvoiceIssued: (_, { type: _type, ...issued }) => issued,
    InvoiceForgotten: (state) => state,
  },
  commands: {},
  index: { customerId: {} },
});
// #endregion

// #region keys
export const keysFrom = (env: { readonly DATA_KEY_2026: string }) =>
  localKeys({ current: "2026", keys: { "2026": env.DATA_KEY_2026 } });
// #endregion
