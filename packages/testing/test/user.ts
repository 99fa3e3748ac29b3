import { alreadyApplied, type CreateView, defineEntity, jsonDate, reject } from "@annals/core";
import * as z from "zod";

/** The definition that the tests of given/when/then are written over. */
export const User = defineEntity({
  name: "user",
  schema: z.object({
    email: z.email(),
    status: z.enum(["active", "suspended"]),
    since: jsonDate(),
    token: z.uuid().nullable(),
    visits: z.int().max(3),
  }),
  events: {
    UserRegistered: z.object({ email: z.email(), since: jsonDate() }),
    EmailChanged: z.object({ email: z.email() }),
    UserSuspended: z.object({ reason: z.string() }),
    TokenIssued: z.object({ token: z.uuid(), at: jsonDate() }),
    UserVisited: z.object({}),
  },
  create: (input: { email: string }, { now }: CreateView) =>
    input.email.endsWith("@blocked.example")
      ? reject("blocked", { domain: "blocked.example" })
      : { type: "UserRegistered", email: input.email, since: now },
  evolve: {
    UserRegistered: (_, { email, since }) => ({
      email,
      since,
      status: "active",
      token: null,
      visits: 0,
    }),
    EmailChanged: (state, { email }) => ({ ...state, email }),
    UserSuspended: (state) => ({ ...state, status: "suspended" }),
    TokenIssued: (state, { token }) => ({ ...state, token }),
    UserVisited: (state) => ({ ...state, visits: state.visits + 1 }),
  },
  commands: {
    changeEmail: ({ state }, email: string) =>
      state.status === "suspended"
        ? reject("suspended", { until: null })
        : state.email === email
          ? alreadyApplied
          : { type: "EmailChanged", email },
    suspend: ({ state }, reason: string, alsoForget?: boolean) =>
      state.status === "suspended"
        ? alreadyApplied
        : alsoForget
          ? [
              { type: "EmailChanged", email: "forgotten@example.com" },
              { type: "UserSuspended", reason },
            ]
          : { type: "UserSuspended", reason },
    issueToken: ({ newId, now }) => ({ type: "TokenIssued", token: newId(), at: now }),
    visit: ({ version }) => {
      if (version < 1) throw new Error("a stored entity has a version");
      return { type: "UserVisited" };
    },
  },
  index: { email: { unique: true } },
});
