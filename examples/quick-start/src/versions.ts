import { defineEntity, upcast, upcastToEvents } from "@annals/core";
import * as z from "zod";

// #region definition
export const Customer = defineEntity({
  name: "customer",
  schema: z.object({ email: z.email(), name: z.string(), isVip: z.boolean() }),
  events: {
    CustomerRegistered: z.object({ email: z.email(), name: z.string() }),
    EmailChanged: z.object({ email: z.email(), isVerified: z.boolean() }),
    Renamed: z.object({ name: z.string() }),
    PromotedToVip: z.object({}),
  },
  versions: {
    EmailChanged: [
      // version 1
      upcast(z.object({ mail: z.string() }), ({ mail }) => ({ email: mail })),
      // version 2; what `events` declares is version 3
      upcast(z.object({ email: z.email() }), ({ email }) => ({ email, isVerified: false })),
    ],
  },
  renamed: { NameChanged: "Renamed" },
  retired: {
    // One event became two.
    DetailsChanged: [
      upcastToEvents(z.object({ email: z.email(), name: z.string() }), ({ email, name }) => [
        { type: "EmailChanged", email, isVerified: false },
        { type: "Renamed", name },
      ]),
    ],
    // An event of another meaning, and one that nobody needs any more.
    LevelSet: [
      upcastToEvents(z.object({ level: z.int() }), ({ level }) =>
        level >= 10 ? [{ type: "PromotedToVip" }] : [],
      ),
    ],
  },
  create: (input: { email: string; name: string }) => ({ type: "CustomerRegistered", ...input }),
  evolve: {
    CustomerRegistered: (_, { email, name }) => ({ email, name, isVip: false }),
    EmailChanged: (state, { email }) => ({ ...state, email }),
    Renamed: (state, { name }) => ({ ...state, name }),
    PromotedToVip: (state) => ({ ...state, isVip: true }),
  },
  commands: {
    changeEmail: (_, email: string) => ({ type: "EmailChanged", email, isVerified: false }),
  },
  index: { email: { unique: true } },
});
// #endregion
