import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  defineEntity,
  type EventOf,
  type Forgotten,
  type IndexRowOf,
  personal,
  type Repository,
  type StateOf,
} from "../index.ts";

const literal = {
  name: "user",
  schema: z.object({
    email: personal(z.string()),
    name: personal(z.string()).optional(),
    plan: z.string(),
  }),
  events: {
    Registered: z.object({ email: personal(z.string()), plan: z.string() }),
    Forgot: z.object({}),
  },
  commands: {},
} as const;

const User = defineEntity({
  ...literal,
  erasure: { method: "crypto-shredding", event: "Forgot" },
  create: (input: { email: string; plan: string }) => ({ type: "Registered", ...input }),
  evolve: { Registered: (_, { email, plan }) => ({ email, plan }), Forgot: (state) => state },
  index: {
    email: {
      unique: true,
      normalize: (email) => {
        expectTypeOf(email).toEqualTypeOf<string>();
        return email.toLowerCase();
      },
    },
    plan: {},
  },
});

declare const users: Repository<typeof User, never>;

describe("personal fields", () => {
  it("are a value or forgotten wherever they are read", () => {
    expectTypeOf<StateOf<typeof User>["email"]>().toEqualTypeOf<string | Forgotten>();
    expectTypeOf<StateOf<typeof User>["name"]>().toEqualTypeOf<string | Forgotten | undefined>();
    type Registered = Extract<EventOf<typeof User>, { type: "Registered" }>;
    expectTypeOf<Registered["email"]>().toEqualTypeOf<string | Forgotten>();
    expectTypeOf<IndexRowOf<typeof User>["email"]>().toEqualTypeOf<string | null>();
  });

  it("are looked for by values, for equality alone", () => {
    expectTypeOf(users.findByEmail).parameter(0).toEqualTypeOf<string>();
    const asked = () => {
      void users.list({ where: { email: "a" } });
      void users.list({ where: { email: { in: ["a"] } } });
      void users.list({ where: { email: null } });
      // @ts-expect-error a hash has no beginning
      void users.list({ where: { email: { startsWith: "a" } } });
      // @ts-expect-error nor an order
      void users.list({ orderBy: "email" });
    };
    expectTypeOf(asked).toBeFunction();
  });

  it("do not fold into a state that does not know that they may be gone", () => {
    defineEntity({
      ...literal,
      schema: z.object({ email: z.string() }),
      erasure: { method: "crypto-shredding", event: "Forgot" },
      create: (input: { email: string; plan: string }) => ({ type: "Registered", ...input }),
      evolve: {
        // @ts-expect-error the email may be forgotten
        Registered: (_, { email }) => ({ email }),
        Forgot: (state) => state,
      },
      index: {},
    });
  });

  it("are erased by an event of the definition, by a method that there is", () => {
    defineEntity({
      ...literal,
      // @ts-expect-error no event has this name
      erasure: { method: "crypto-shredding", event: "Gone" },
      create: (input: { email: string; plan: string }) => ({ type: "Registered", ...input }),
      evolve: { Registered: (_, { email, plan }) => ({ email, plan }), Forgot: (state) => state },
      index: {},
    });
  });
});
