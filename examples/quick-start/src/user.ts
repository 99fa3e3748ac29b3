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
    UserSuspended: z.object({ reason: z.string() }),
  },
  create: (input: { email: string; name: string }) => ({ type: "UserRegistered", ...input }),
  evolve: {
    UserRegistered: (_, { email, name }) => ({ email, name, status: "active" }),
    EmailChanged: (state, { email }) => ({ ...state, email }),
    UserSuspended: (state) => ({ ...state, status: "suspended" }),
  },
  commands: {
    changeEmail: ({ state }, email: string) =>
      state.status === "suspended"
        ? reject("suspended")
        : state.email === email
          ? alreadyApplied
          : { type: "EmailChanged", email },
    suspend: ({ state }, reason: string) =>
      state.status === "suspended" ? alreadyApplied : { type: "UserSuspended", reason },
  },
  index: {
    email: { unique: true, normalize: (email) => email.toLowerCase() },
    status: {},
  },
});
