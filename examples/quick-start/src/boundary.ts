import {
  createStoreRepository,
  decide,
  defineEntity,
  isRejected,
  MemoryStore,
  reject,
} from "@annals/core";
import * as z from "zod";

export const Account = defineEntity({
  name: "account",
  schema: z.object({ owner: z.string(), balance: z.int() }),
  events: {
    AccountOpened: z.object({ owner: z.string() }),
    Deposited: z.object({ amount: z.int() }),
    Withdrawn: z.object({ amount: z.int() }),
  },
  create: (owner: string) => ({ type: "AccountOpened", owner }),
  evolve: {
    AccountOpened: (_, { owner }) => ({ owner, balance: 0 }),
    Deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
    Withdrawn: (state, { amount }) => ({ ...state, balance: state.balance - amount }),
  },
  commands: {
    deposit: (_, amount: number) => ({ type: "Deposited", amount }),
    withdraw: (_, amount: number, available: number) =>
      amount > available ? reject("notEnough") : { type: "Withdrawn", amount },
  },
  index: { owner: { unique: true } },
});

export const Receipt = defineEntity({
  name: "receipt",
  schema: z.object({ from: z.string(), to: z.string(), amount: z.int() }),
  events: {
    ReceiptMade: z.object({ from: z.string(), to: z.string(), amount: z.int() }),
  },
  create: (input: { from: string; to: string; amount: number }) => ({
    type: "ReceiptMade",
    ...input,
  }),
  evolve: { ReceiptMade: (_, { type: _type, ...receipt }) => receipt },
  commands: {},
  index: { from: {} },
});

const store = new MemoryStore();
export const accounts = createStoreRepository(Account, store); // createRepository(Account, { db }) on PostgreSQL
export const receipts = createStoreRepository(Receipt, store);

// #region decide
/** Money of one account may be spent as long as both together have it. */
export const spend = (id: string, partner: string, amount: number) =>
  decide([accounts.byId(id), accounts.byId(partner)], (own, other) => {
    own.withdraw(amount, own.state.balance + other.state.balance);
  });
// #endregion

// #region create
export const transfer = async (from: string, to: string, amount: number, key: string) => {
  const { result: receipt, replayed } = await decide(
    [accounts.byOwner(from), accounts.byOwner(to), receipts.creator()],
    (payer, payee, createReceipt) => {
      payer.withdraw(amount, payer.state.balance);
      payee.deposit(amount);
      return createReceipt({ from, to, amount });
    },
    { idempotencyKey: key, attempts: 10 },
  );
  return replayed ? "had been done" : `receipt ${receipt.id}`;
};
// #endregion

// #region many
/** Over as many as there are; who is not there is `undefined` with `maybeByOwner`. */
export const total = async (owners: readonly string[]) => {
  const { result } = await decide(
    owners.map((owner) => accounts.maybeByOwner(owner)),
    (...found) => found.reduce((sum, account) => sum + (account?.state.balance ?? 0), 0),
  );
  return result;
};
// #endregion

/** What somebody is told who has too little. */
export const isTooLittle = (error: unknown): boolean => isRejected(error, "notEnough");
