import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  alreadyApplied,
  defineEntity,
  type EntityOf,
  type Executed,
  hasApplied,
} from "../index.ts";

const User = defineEntity({
  name: "user",
  schema: z.object({ email: z.string() }),
  events: {
    Registered: z.object({ email: z.string() }),
    EmailChanged: z.object({ email: z.string(), by: z.enum(["user", "support"]) }),
    EmailReset: z.object({}),
  },
  create: (input: { email: string }) => ({ type: "Registered", ...input }),
  evolve: {
    Registered: (_, { email }) => ({ email }),
    EmailChanged: (_, { email }) => ({ email }),
    EmailReset: (state) => state,
  },
  commands: {
    changeEmail: ({ history }, email: string) =>
      hasApplied(history, {
        event: "EmailChanged",
        when: (event) => {
          expectTypeOf(event.by).toEqualTypeOf<"user" | "support">();
          expectTypeOf(event.type).toEqualTypeOf<"EmailChanged">();
          return event.email === email;
        },
        resetsOn: ["EmailReset"],
      })
        ? alreadyApplied
        : { type: "EmailChanged", email, by: "user" },
    setEmail: ({ history }, email: string) =>
      hasApplied(history, {
        event: ["Registered", "EmailChanged"],
        when: (event) => {
          expectTypeOf(event.type).toEqualTypeOf<"Registered" | "EmailChanged">();
          return event.email === email;
        },
        resetsOn: (event) => event.type === "EmailChanged" && event.by === "support",
      })
        ? alreadyApplied
        : { type: "EmailChanged", email, by: "user" },
    refused: ({ history }, email: string) => {
      // @ts-expect-error no event has this name
      hasApplied(history, { event: "EmailChangd" });
      // @ts-expect-error nor this one
      hasApplied(history, { event: "EmailChanged", resetsOn: ["Reset"] });
      // @ts-expect-error an EmailReset has no email
      hasApplied(history, { event: "EmailReset", when: (event) => event.email === email });
      // @ts-expect-error an option that does not exist
      hasApplied(history, { event: "EmailReset", unless: ["EmailChanged"] });
      return alreadyApplied;
    },
  },
  index: { email: {} },
});

describe("hasApplied", () => {
  it("takes an entity's history as well, and answers yes or no", () => {
    const ask = (history: readonly { type: "A"; n: number }[]) =>
      hasApplied(history, { event: "A", when: ({ n }) => n === 1 });
    expectTypeOf(ask).returns.toEqualTypeOf<boolean>();
  });

  it("leaves the commands' arguments as they are", () => {
    type Commands = EntityOf<typeof User>;
    expectTypeOf<Commands["changeEmail"]>().toEqualTypeOf<(email: string) => Executed>();
  });
});
