import { defineEntity } from "@annals/core";
import * as z from "zod";

/** The smallest entity that can be looked up, changed and refused. */
export const Account = defineEntity({
  name: "account",
  schema: z.object({ email: z.string(), name: z.string(), tenantId: z.string() }),
  events: {
    AccountOpened: z.object({ email: z.string(), name: z.string(), tenantId: z.string() }),
    AccountRenamed: z.object({ name: z.string() }),
  },
  create: (input: { email: string; name?: string }) => ({
    type: "AccountOpened",
    name: "Ada",
    tenantId: "t",
    ...input,
  }),
  evolve: {
    AccountOpened: (_, { email, name, tenantId }) => ({ email, name, tenantId }),
    AccountRenamed: (state, { name }) => ({ ...state, name }),
  },
  commands: { rename: (_view, name: string) => ({ type: "AccountRenamed", name }) },
  index: { email: { unique: true }, name: {}, tenantId: {} },
  uniqueTogether: [["tenantId", "name", "email"]],
});
