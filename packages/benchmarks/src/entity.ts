import { alreadyApplied, defineEntity, reject } from "@annals/core";
import * as z from "zod";

/** The entity that everything is measured with: two index columns, small events. */
const benchmarkUser = (guards: "minimal" | "full" | "chained") =>
  defineEntity({
    name: "user",
    guards,
    schema: z.object({
      email: z.email(),
      name: z.string().min(1),
      status: z.enum(["active", "suspended"]),
    }),
    events: {
      UserRegistered: z.object({ email: z.email(), name: z.string().min(1) }),
      UserRenamed: z.object({ name: z.string().min(1) }),
      UserSuspended: z.object({ reason: z.string() }),
    },
    create: (input: { email: string; name: string }) => ({ type: "UserRegistered", ...input }),
    evolve: {
      UserRegistered: (_, { email, name }) => ({ email, name, status: "active" }),
      UserRenamed: (state, { name }) => ({ ...state, name }),
      UserSuspended: (state) => ({ ...state, status: "suspended" }),
    },
    commands: {
      rename: ({ state }, name: string) => {
        if (state.status === "suspended") return reject("suspended");
        return state.name === name ? alreadyApplied : { type: "UserRenamed", name };
      },
      suspend: ({ state }, reason: string) =>
        state.status === "suspended" ? alreadyApplied : { type: "UserSuspended", reason },
    },
    index: { email: { unique: true, normalize: (email) => email.toLowerCase() }, status: {} },
  });

export const User = benchmarkUser("full");
export const MinimallyGuardedUser = benchmarkUser("minimal");
export const ChainedUser = benchmarkUser("chained");
