import { alreadyApplied, defineEntity, reject } from "@annals/core";
import * as z from "zod";

export const User = defineEntity({
  name: "user", // tables "users" and "user_events"
  schema: z.object({
    email: z.email(),
    name: z.string().min(1),
    status: z.enum(["active", "suspended"]),
  }),
  events: {
    UserRegistered: z.object({ email: z.email(), name: z.string().min(1) }),
    EmailChanged: z.object({ email: z.email() }),
    UserRenamed: z.object({ name: z.string().min(1) }),
    UserSuspended: z.object({ reason: z.string() }),
    UserReinstated: z.object({}),
  },
  create: (input: { email: string; name: string }) => ({ type: "UserRegistered", ...input }),
  evolve: {
    UserRegistered: (_, { email, name }) => ({ email, name, status: "active" }),
    EmailChanged: (state, { email }) => ({ ...state, email }),
    UserRenamed: (state, { name }) => ({ ...state, name }),
    UserSuspended: (state) => ({ ...state, status: "suspended" }),
    UserReinstated: (state) => ({ ...state, status: "active" }),
  },
  commands: {
    changeEmail: ({ state }, email: string) => {
      if (state.status === "suspended") return reject("suspended");
      return state.email === email ? alreadyApplied : { type: "EmailChanged", email };
    },
    rename: ({ state }, name: string) => {
      if (state.status === "suspended") return reject("suspended");
      return state.name === name ? alreadyApplied : { type: "UserRenamed", name };
    },
    suspend: ({ state }, reason: string) =>
      state.status === "suspended" ? alreadyApplied : { type: "UserSuspended", reason },
    reinstate: ({ state }) =>
      state.status === "active" ? alreadyApplied : { type: "UserReinstated" },
  },
  index: {
    email: { unique: true, normalize: (email) => email.toLowerCase() },
    status: {},
  },
});
