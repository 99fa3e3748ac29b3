import { type DatabaseOf, defineEntity } from "@annals/core";
import type { Generated } from "kysely";
import * as z from "zod";

// Two topics on one sequence: what is drawn for one is a hole in the other.

export const Account = defineEntity({
  name: "account",
  schema: z.object({ handle: z.string().min(1), total: z.int() }),
  events: {
    AccountOpened: z.object({ handle: z.string().min(1) }),
    Deposited: z.object({ amount: z.int() }),
    HandleChanged: z.object({ handle: z.string().min(1) }),
  },
  create: (input: { handle: string }) => ({ type: "AccountOpened", ...input }),
  evolve: {
    AccountOpened: (_, { handle }) => ({ handle, total: 0 }),
    Deposited: (state, { amount }) => ({ ...state, total: state.total + amount }),
    HandleChanged: (state, { handle }) => ({ ...state, handle }),
  },
  commands: {
    deposit: (_, amount: number) => ({ type: "Deposited", amount }),
    changeHandle: (_, handle: string) => ({ type: "HandleChanged", handle }),
  },
  index: { handle: { unique: true } },
});

export const Order = defineEntity({
  name: "order",
  schema: z.object({ lines: z.int() }),
  events: { OrderPlaced: z.object({}), LineAdded: z.object({ product: z.string() }) },
  create: () => ({ type: "OrderPlaced" }),
  evolve: {
    OrderPlaced: () => ({ lines: 0 }),
    LineAdded: (state) => ({ lines: state.lines + 1 }),
  },
  commands: { addLine: (_, product: string) => ({ type: "LineAdded", product }) },
  index: {},
});

export const topics = { account: Account, order: Order } as const;
export type Topic = keyof typeof topics;

/** What one handler call was given, written through its `tx`. */
export interface DeliveryTable {
  readonly n: Generated<number>;
  readonly consumer: string;
  readonly entity: string;
  readonly sequence: number;
  readonly position: number;
}

export interface Tables extends DatabaseOf<[typeof Account, typeof Order]> {
  readonly deliveries: DeliveryTable;
  readonly elsewhere: { readonly note: string };
}
