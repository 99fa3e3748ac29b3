import { type CreateView, defineEntity, type Forgotten, personal, reject } from "@annals/core";
import * as z from "zod";

const email = personal(z.email());
const name = personal(z.string().min(1));

/** Somebody who is billed by a tenant. Who it is can be forgotten; that there was somebody cannot. */
export const Customer = defineEntity({
  name: "customer",
  scope: ["tenantId"],
  schema: z.object({ tenantId: z.string(), email, name, isForgotten: z.boolean() }),
  events: {
    CustomerRegistered: z.object({ tenantId: z.string(), email, name }),
    EmailChanged: z.object({ email }),
    CustomerForgotten: z.object({}),
  },
  erasure: { method: "crypto-shredding", event: "CustomerForgotten" },
  create: (
    input: { email: string | Forgotten; name: string | Forgotten },
    { scope }: CreateView<{ tenantId: string }>,
  ) => ({ type: "CustomerRegistered", tenantId: scope.tenantId, ...input }),
  evolve: {
    CustomerRegistered: (_, { tenantId, email, name }) => ({
      ...{ tenantId, email, name },
      isForgotten: false,
    }),
    EmailChanged: (state, { email }) => ({ ...state, email }),
    CustomerForgotten: (state) => ({ ...state, isForgotten: true }),
  },
  commands: {
    changeEmail: ({ state }, email: string | Forgotten) =>
      state.isForgotten ? reject("forgotten") : { type: "EmailChanged", email },
  },
  index: { email: { unique: true, normalize: (given) => given.toLowerCase() } },
});
