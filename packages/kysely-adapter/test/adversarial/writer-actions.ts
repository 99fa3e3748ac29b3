import { setTimeout as sleep } from "node:timers/promises";
import { DuplicateValueError } from "@annals/core";
import type { Random } from "@annals/faults";
import { sql, type Transaction } from "kysely";
import { transaction } from "../../src/index.ts";
import type { Tables } from "./entities.ts";
import type { PreparedTransactions } from "./prepared-transactions.ts";
import type { Writing } from "./session.ts";

/** A handle that belongs to one account for ever; who else asks for it is refused. */
export const TAKEN = "taken";

/** What one writer works with. */
export interface Desk {
  readonly writing: Writing;
  readonly random: Random;
  readonly prepared: PreparedTransactions;
  /** The few ids that all writers share. */
  readonly accounts: string[];
  readonly orders: string[];
}

type Tx = Transaction<Tables>;
export type WriterAction = (desk: Desk) => Promise<void>;

/** Thrown on purpose, to roll back. */
export class Regret extends Error {}

const deposit = async ({ writing, random }: Desk, id: string, tx?: Tx): Promise<void> => {
  const options = tx === undefined ? {} : { tx };
  const account = await writing.accounts.findById(id, options);
  for (let left = random.between(1, 12); left > 0; left -= 1) account.deposit(left);
  await writing.accounts.update(account, options);
};

const addLines = async ({ writing, random }: Desk, id: string, tx?: Tx): Promise<void> => {
  const options = tx === undefined ? {} : { tx };
  const order = await writing.orders.findById(id, options);
  for (let left = random.between(1, 5); left > 0; left -= 1) order.addLine("product");
  await writing.orders.update(order, options);
};

/** Appends to something of either topic; mostly to accounts. */
const appendAnywhere = (desk: Desk, tx?: Tx): Promise<void> =>
  desk.random.chance(0.75)
    ? deposit(desk, desk.random.pick(desk.accounts), tx)
    : addLines(desk, desk.random.pick(desk.orders), tx);

const inTransaction = (desk: Desk, work: (tx: Tx) => Promise<void>): Promise<void> =>
  transaction(desk.writing.db, async (tx) => {
    await work(tx);
    if (desk.random.chance(0.3)) await sleep(desk.random.between(1, 15));
  });

const alone: WriterAction = (desk) => appendAnywhere(desk);

const several: WriterAction = (desk) =>
  inTransaction(desk, async (tx) => {
    for (let left = desk.random.between(2, 3); left > 0; left -= 1) {
      await appendAnywhere(desk, tx);
      if (desk.random.chance(0.2)) await sleep(desk.random.between(1, 10));
    }
  });

const elsewhereFirst: WriterAction = (desk) =>
  inTransaction(desk, async (tx) => {
    await sql`insert into elsewhere values ('early')`.execute(tx);
    await sleep(desk.random.between(0, 20));
    await appendAnywhere(desk, tx);
  });

const commitLate: WriterAction = (desk) =>
  inTransaction(desk, async (tx) => {
    await appendAnywhere(desk, tx);
    await sleep(desk.random.between(20, 120));
  });

const rollBack: WriterAction = (desk) =>
  inTransaction(desk, async (tx) => {
    await appendAnywhere(desk, tx);
    throw new Regret();
  });

const twoAppendsToOne: WriterAction = (desk) =>
  inTransaction(desk, async (tx) => {
    const { writing, random, accounts } = desk;
    const account = await writing.accounts.findById(random.pick(accounts), { tx });
    account.deposit(1);
    await writing.accounts.update(account, { tx });
    account.deposit(2);
    account.deposit(3);
    await writing.accounts.update(account, { tx });
  });

const savepoints: WriterAction = (desk) =>
  inTransaction(desk, async (tx) => {
    await appendAnywhere(desk, tx);
    await sql`savepoint undone`.execute(tx);
    await appendAnywhere(desk, tx);
    await sql`rollback to savepoint undone`.execute(tx);
    await sql`savepoint kept`.execute(tx);
    await appendAnywhere(desk, tx);
    await sql`release savepoint kept`.execute(tx);
    await appendAnywhere(desk, tx);
  });

const violationInside: WriterAction = (desk) =>
  inTransaction(desk, async (tx) => {
    const { writing, random, accounts } = desk;
    await appendAnywhere(desk, tx);
    await sql`savepoint before_violation`.execute(tx);
    const account = await writing.accounts.findById(random.pick(accounts), { tx });
    account.deposit(1);
    account.changeHandle(TAKEN);
    await writing.accounts.update(account, { tx }).catch((error: unknown) => {
      if (!(error instanceof DuplicateValueError)) throw error;
    });
    await sql`rollback to savepoint before_violation`.execute(tx);
    await appendAnywhere(desk, tx);
  });

const violation: WriterAction = async ({ writing }) => {
  await writing.accounts.create({ handle: TAKEN });
};

const create: WriterAction = async ({ writing, random, accounts, orders }) => {
  if (random.chance(0.5)) {
    const { id } = await writing.accounts.create({ handle: crypto.randomUUID() });
    accounts[random.between(0, accounts.length - 1)] = id;
  } else {
    const { id } = await writing.orders.create();
    orders[random.between(0, orders.length - 1)] = id;
  }
};

const prepare: WriterAction = async ({ writing, random, prepared, accounts }) => {
  if (!prepared.hasRoom()) return;
  const session = await writing.open();
  try {
    await session.deposit(random.pick(accounts), random.between(1, 3));
    await prepared.leave(session, random.between(5, 250), random.chance(0.7));
  } catch (error) {
    await session.rollback().catch(() => {});
    throw error;
  }
};

/** What writers do, and how often. */
export const writerActions: readonly (readonly [weight: number, action: WriterAction])[] = [
  [90, alone],
  [12, several],
  [8, elsewhereFirst],
  [3, commitLate],
  [5, rollBack],
  [5, twoAppendsToOne],
  [5, savepoints],
  [4, violationInside],
  [2, violation],
  [2, create],
  [1, prepare],
];
