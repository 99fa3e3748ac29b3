import { defineEntity, localKeys, personal } from "@annals/core";
import { defineContext } from "@annals/kysely-adapter/context";
import * as z from "zod";

export const Guest = defineEntity({
  name: "guest",
  schema: z.object({ name: personal(z.string()), room: z.int() }),
  events: {
    GuestArrived: z.object({ name: personal(z.string()), room: z.int() }),
    GuestMoved: z.object({ room: z.int() }),
    GuestForgotten: z.object({}),
  },
  erasure: { method: "crypto-shredding", event: "GuestForgotten" },
  create: (input: { name: string; room: number }) => ({ type: "GuestArrived", ...input }),
  evolve: {
    GuestArrived: (_, { name, room }) => ({ name, room }),
    GuestMoved: (state, { room }) => ({ ...state, room }),
    GuestForgotten: (state) => state,
  },
  commands: { move: (_, room: number) => ({ type: "GuestMoved", room }) },
  index: { room: {} },
});

export const keys = localKeys({ current: "one", keys: { one: "K".repeat(43) } });

export const desk = defineContext(z.object({ clerk: z.string(), ip: personal(z.string()) }), {
  erasure: { subject: { kind: "clerk", field: "clerk" } },
});
