import { defineEntity } from "@annals/core";
import * as z from "zod";

export const Entry = defineEntity({
  name: "entry",
  table: "entries",
  parent: "ledger",
  schema: z.object({ amount: z.int() }),
  events: { EntryPosted: z.object({ amount: z.int() }) },
  create: (amount: number) => ({ type: "EntryPosted", amount }),
  evolve: { EntryPosted: (_, { amount }) => ({ amount }) },
  commands: {},
  index: {},
});

const ledger = {
  name: "ledger",
  schema: z.object({ owner: z.string() }),
  events: { LedgerOpened: z.object({ owner: z.string() }) },
  create: (owner: string) => ({ type: "LedgerOpened", owner }) as const,
  evolve: { LedgerOpened: (_: undefined, { owner }: { owner: string }) => ({ owner }) },
  index: { owner: {} },
} as const;

/** The ledger before it had entries. */
export const PlainLedger = defineEntity({ ...ledger, commands: {} });

export const Ledger = defineEntity({
  ...ledger,
  children: { entries: Entry },
  commands: { post: ({ entries }, amount: number) => entries.create(amount) },
});
