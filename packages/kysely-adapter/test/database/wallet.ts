import { alreadyApplied, defineEntity, reject } from "@annals/core";
import * as z from "zod";

/** Money, of which there may be less than nothing, as far as its limit goes. */
export const Wallet = defineEntity({
  name: "wallet",
  schema: z.object({ owner: z.string(), balance: z.int() }),
  events: {
    WalletOpened: z.object({ owner: z.string() }),
    Deposited: z.object({ amount: z.int() }),
    Withdrawn: z.object({ amount: z.int() }),
  },
  create: (owner: string) => ({ type: "WalletOpened", owner }),
  evolve: {
    WalletOpened: (_, { owner }) => ({ owner, balance: 0 }),
    Deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
    Withdrawn: (state, { amount }) => ({ ...state, balance: state.balance - amount }),
  },
  commands: {
    deposit: (_, amount: number) => ({ type: "Deposited", amount }),
    withdraw: ({ state }, amount: number, limit: number) =>
      state.balance - amount < -limit ? reject("overLimit") : { type: "Withdrawn", amount },
  },
  index: { owner: { unique: true }, balance: {} },
});

/** How far below nothing a wallet may go: another entity, so that a rule needs both. */
export const Limit = defineEntity({
  name: "limit",
  schema: z.object({ owner: z.string(), amount: z.int().min(0) }),
  events: {
    LimitSet: z.object({ owner: z.string(), amount: z.int() }),
    LimitChanged: z.object({ amount: z.int() }),
  },
  create: (input: { owner: string; amount: number }) => ({ type: "LimitSet", ...input }),
  evolve: {
    LimitSet: (_, { owner, amount }) => ({ owner, amount }),
    LimitChanged: (state, { amount }) => ({ ...state, amount }),
  },
  commands: {
    change: ({ state }, amount: number, balance: number) =>
      amount === state.amount
        ? alreadyApplied
        : balance < -amount
          ? reject("inUse")
          : { type: "LimitChanged", amount },
  },
  index: { owner: { unique: true } },
});

/** Somebody on call, or not. */
export const Doctor = defineEntity({
  name: "doctor",
  schema: z.object({ isOnCall: z.boolean() }),
  events: { DoctorHired: z.object({}), CallEnded: z.object({}), CallBegun: z.object({}) },
  create: () => ({ type: "DoctorHired" }),
  evolve: {
    DoctorHired: () => ({ isOnCall: true }),
    CallEnded: () => ({ isOnCall: false }),
    CallBegun: () => ({ isOnCall: true }),
  },
  commands: {
    goHome: ({ state }) => (state.isOnCall ? { type: "CallEnded" } : alreadyApplied),
    come: ({ state }) => (state.isOnCall ? alreadyApplied : { type: "CallBegun" }),
  },
  index: {},
});
