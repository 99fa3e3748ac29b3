import { type ControlledTransaction, type Kysely, sql } from "kysely";
import { createRepository, type KyselyStoreOptions } from "../../src/index.ts";
import { Account, Order, type Tables } from "./entities.ts";

const repositories = (db: Kysely<Tables>, options: KyselyStoreOptions) => ({
  accounts: createRepository(Account, { db, ...options }),
  orders: createRepository(Order, { db, ...options }),
});

/** Entities by id, through the repositories, as a service would write them. */
export class Writing {
  readonly db: Kysely<Tables>;
  readonly accounts;
  readonly orders;
  readonly #open = new Set<Session>();

  constructor(db: Kysely<Tables>, options: KyselyStoreOptions = {}) {
    this.db = db;
    const { accounts, orders } = repositories(db, options);
    this.accounts = accounts;
    this.orders = orders;
  }

  async newAccount(handle: string): Promise<string> {
    return (await this.accounts.create({ handle })).id;
  }

  /** Appends that many events to an account, in a transaction of their own. */
  async deposit(id: string, events = 1): Promise<void> {
    const account = await this.accounts.findById(id);
    for (let amount = 1; amount <= events; amount += 1) account.deposit(amount);
    await this.accounts.update(account);
  }

  async open(): Promise<Session> {
    const session = new Session(this, await this.db.startTransaction().execute());
    this.#open.add(session);
    return session;
  }

  /** Ends what a failed test left open, so that its database can be left. */
  async close(): Promise<void> {
    for (const session of this.#open) await session.rollback().catch(() => {});
  }
}

/** An open transaction whose every step a test decides. */
export class Session {
  readonly #writing: Writing;
  readonly #tx: ControlledTransaction<Tables>;

  constructor(writing: Writing, tx: ControlledTransaction<Tables>) {
    this.#writing = writing;
    this.#tx = tx;
  }

  async deposit(id: string, events = 1): Promise<void> {
    const { accounts } = this.#writing;
    const account = await accounts.findById(id, { tx: this.#tx });
    for (let amount = 1; amount <= events; amount += 1) account.deposit(amount);
    await accounts.update(account, { tx: this.#tx });
  }

  /** Takes a transaction id before any event is written. */
  async writeElsewhere(): Promise<void> {
    await this.run("insert into elsewhere values ('early')");
  }

  async run(statement: string): Promise<void> {
    await sql.raw(statement).execute(this.#tx);
  }

  /** Hands the transaction to the server, which keeps it beyond this connection's end. */
  async prepare(gid: string): Promise<void> {
    await this.run(`prepare transaction '${gid}'`);
    // Nothing is open any more; this only gives the connection back.
    await this.#tx.rollback().execute();
  }

  async commit(): Promise<void> {
    await this.#tx.commit().execute();
  }

  async rollback(): Promise<void> {
    await this.#tx.rollback().execute();
  }
}
