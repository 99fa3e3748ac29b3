import { alreadyApplied, defineEntity } from "@annals/core";
import * as z from "zod";

export const Member = defineEntity({
  name: "member",
  schema: z.object({ email: z.email(), plan: z.enum(["free", "paid"]) }),
  events: {
    Joined: z.object({ email: z.email() }),
    PlanChosen: z.object({ plan: z.enum(["free", "paid"]) }),
    Left: z.object({}),
  },
  create: (input: { email: string }) => ({ type: "Joined", ...input }),
  evolve: {
    Joined: (_, { email }) => ({ email, plan: "free" }),
    PlanChosen: (state, { plan }) => ({ ...state, plan }),
    Left: (state) => state,
  },
  commands: {
    choose: ({ state }, plan: "free" | "paid") =>
      state.plan === plan ? alreadyApplied : { type: "PlanChosen", plan },
  },
  index: { email: { unique: true }, plan: {} },
  lifecycle: { delete: "Left" },
});
