import { defineEntity } from "@annals/core";
import * as z from "zod";

/** The smallest entity that can be looked up, changed and refused. */
export const Account = defineEntity({
  name: "account",
  schema: z.object({ email: z.string(), name: z.string(), tenantId: z.string() }),
  events: {
    AccountOpened: z.object({ email: z.string(), name: z.string(), tenantId: z.string() }),
    AccountRenamed: z.object({ name: z.string() }),
    EmailChanged: z.object({ email: z.string() }),
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
    EmailChanged: (state, { email }) => ({ ...state, email }),
  },
  commands: {
    rename: (_view, name: string) => ({ type: "AccountRenamed", name }),
    moveTo: (_view, email: string) => ({ type: "EmailChanged", email }),
  },
  index: { email: { unique: true }, name: {}, tenantId: {} },
  uniqueTogether: [["tenantId", "name", "email"]],
});

/** The smallest entity whose id its caller chooses. */
export const Parcel = defineEntity({
  name: "parcel",
  idSource: "caller",
  schema: z.object({}),
  events: { ParcelSent: z.object({}) },
  create: () => ({ type: "ParcelSent" }),
  evolve: { ParcelSent: () => ({}) },
  commands: {},
  index: {},
});
