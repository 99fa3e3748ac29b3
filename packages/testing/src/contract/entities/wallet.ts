import { alreadyApplied, defineEntity, reject } from "@annals/core";
import * as z from "zod";

/** Money that may be borrowed on, so that only several together say what is allowed. */
export const defineWallet = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ owner: z.string(), balance: z.int() }),
    events: {
      WalletOpened: z.object({ owner: z.string(), balance: z.int() }),
      Deposited: z.object({ amount: z.int() }),
      Withdrawn: z.object({ amount: z.int() }),
      OwnerChanged: z.object({ owner: z.string() }),
    },
    create: (input: { owner: string; balance?: number }) => ({
      type: "WalletOpened",
      owner: input.owner,
      balance: input.balance ?? 0,
    }),
    evolve: {
      WalletOpened: (_, { owner, balance }) => ({ owner, balance }),
      Deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
      Withdrawn: (state, { amount }) => ({ ...state, balance: state.balance - amount }),
      OwnerChanged: (state, { owner }) => ({ ...state, owner }),
    },
    commands: {
      deposit: (_, amount: number) => ({ type: "Deposited", amount }),
      withdraw: (_, amount: number) =>
        amount > 1_000 ? reject("tooMuch") : { type: "Withdrawn", amount },
      handTo: ({ state }, owner: string) =>
        owner === state.owner ? alreadyApplied : { type: "OwnerChanged", owner },
    },
    index: { owner: { unique: true }, balance: {} },
  });
