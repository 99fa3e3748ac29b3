import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { EntityOf } from "../index.ts";
import { alreadyApplied, defineEntity, hasApplied, reject } from "../index.ts";

const parts = {
  name: "account",
  schema: z.object({ balance: z.int(), status: z.enum(["open", "closed"]) }),
  events: {
    Opened: z.object({}),
    Deposited: z.object({ amount: z.int() }),
    Closed: z.object({ reason: z.enum(["empty", "asked"]) }),
  },
} as const;

const Account = defineEntity({
  ...parts,
  create: () => ({ type: "Opened" }),
  evolve: {
    Opened: () => ({ balance: 0, status: "open" }),
    Deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
    Closed: (state) => ({ ...state, status: "closed" }),
  },
  snapshot: { every: 100, version: 2 },
  commands: {
    deposit: ({ state }, amount: number) =>
      state.status === "closed" ? reject("closed") : { type: "Deposited", amount },
  },
  historyCommands: {
    close: ({ history, state }, reason: "empty" | "asked") =>
      hasApplied(history, { event: "Closed", when: (event) => event.reason === reason }) ||
      state.status === "closed"
        ? alreadyApplied
        : { type: "Closed", reason },
  },
  index: {},
});

describe("commands of an entity with snapshots", () => {
  it("are its methods, whether they look into the history or not", () => {
    type Made = EntityOf<typeof Account>;
    expectTypeOf<Parameters<Made["deposit"]>>().toEqualTypeOf<[amount: number]>();
    expectTypeOf<Parameters<Made["close"]>>().toEqualTypeOf<[reason: "empty" | "asked"]>();
    expectTypeOf<Made["shut" & keyof Made]>().toBeNever();
  });

  it("see the history only where they say so", () => {
    defineEntity({
      ...parts,
      create: () => ({ type: "Opened" }),
      evolve: {
        Opened: () => ({ balance: 0, status: "open" }),
        Deposited: (state) => state,
        Closed: (state) => state,
      },
      snapshot: { every: 100 },
      commands: {
        // @ts-expect-error the history is not read
        close: ({ history }) => (history.length > 0 ? alreadyApplied : { type: "Closed" }),
      },
      index: {},
    });
  });

  it("are declared beside options that exist", () => {
    defineEntity({
      ...parts,
      create: () => ({ type: "Opened" }),
      evolve: {
        Opened: () => ({ balance: 0, status: "open" }),
        Deposited: (state) => state,
        Closed: (state) => state,
      },
      // @ts-expect-error no such option
      snapshot: { every: 100, evry: 3 },
      commands: {},
      index: {},
    });
  });

  it("are in one of the two lists", () => {
    defineEntity({
      ...parts,
      create: () => ({ type: "Opened" }),
      evolve: {
        Opened: () => ({ balance: 0, status: "open" }),
        Deposited: (state) => state,
        Closed: (state) => state,
      },
      commands: { deposit: (_, amount: number) => ({ type: "Deposited", amount }) },
      historyCommands: {
        // @ts-expect-error it is a command already
        deposit: (_, amount: number) => ({ type: "Deposited", amount }),
      },
      index: {},
    });
  });

  it("have the types of their events checked in both", () => {
    defineEntity({
      ...parts,
      create: () => ({ type: "Opened" }),
      evolve: {
        Opened: () => ({ balance: 0, status: "open" }),
        Deposited: (state) => state,
        Closed: (state) => state,
      },
      commands: {},
      historyCommands: {
        // @ts-expect-error no such reason
        close: () => ({ type: "Closed", reason: "bored" }),
      },
      index: {},
    });
  });
});
