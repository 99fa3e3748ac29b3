import {
  type CreateView,
  defineEntity,
  type ErasureMethod,
  type Forgotten,
  personal,
} from "@annals/core";
import * as z from "zod";

/** Somebody with personal values in one of several scopes, and unique in it by one of them. */
export const defineLodger = (method: ErasureMethod) => (name: string) =>
  defineEntity({
    name,
    scope: ["tenantId"],
    schema: z.object({ tenantId: z.string(), email: personal(z.string()), room: z.int() }),
    events: {
      LodgerMovedIn: z.object({ tenantId: z.string(), email: personal(z.string()) }),
      EmailChanged: z.object({ email: personal(z.string()) }),
      RoomChanged: z.object({ room: z.int() }),
      LodgerForgotten: z.object({}),
    },
    erasure: { method, event: "LodgerForgotten" },
    create: (input: { email: string }, { scope }: CreateView<{ tenantId: string }>) => ({
      type: "LodgerMovedIn",
      ...scope,
      ...input,
    }),
    evolve: {
      LodgerMovedIn: (_, { tenantId, email }) => ({ tenantId, email, room: 1 }),
      EmailChanged: (before, { email }) => ({ ...before, email }),
      RoomChanged: (before, { room }) => ({ ...before, room }),
      LodgerForgotten: (before) => before,
    },
    commands: {
      changeEmail: (_, email: string | Forgotten) => ({ type: "EmailChanged", email }),
      move: (_, room: number) => ({ type: "RoomChanged", room }),
    },
    index: { email: { unique: true, normalize: (email) => email.toLowerCase() }, room: {} },
  });
