import { type EntityOf, EntityUnusableError } from "@annals/core";
import { type ControlledTransaction, type Kysely, sql } from "kysely";
import { expect } from "vitest";
import { createRepository } from "../../src/index.ts";
import { Account } from "./account.ts";
import { migrate, openDatabase } from "./open.ts";

type AccountEntity = EntityOf<typeof Account>;

/** Creates the tables, and a deferred trigger by which a transaction says what its commit meets. */
export const migrateAccounts = async (connectionString: string): Promise<void> => {
  await migrate(connectionString, [Account]);
  const db = openDatabase(connectionString);
  await sql`
    create function at_commit() returns trigger language plpgsql as $$
    begin
      if current_setting('test.at_commit', true) = 'refuse' then raise exception 'refused'; end if;
      if current_setting('test.at_commit', true) = 'wait' then perform pg_sleep(30); end if;
      return null;
    end $$`.execute(db);
  await sql`
    create constraint trigger at_commit after insert or update on accounts
    deferrable initially deferred for each row execute function at_commit()`.execute(db);
  await db.destroy();
};

/** Makes the commit of this transaction fail, or take for ever. */
export const atCommit = async (tx: Kysely<unknown>, what: "refuse" | "wait"): Promise<void> => {
  await sql`select set_config('test.at_commit', ${what}, true)`.execute(tx);
};

/** A database of accounts, and what tests of transactions say about them. */
export const openAccounts = (connectionString: string) => {
  const db = openDatabase(connectionString);
  const accounts = createRepository(Account, { db });

  let made = 0;
  /** An account with one event that is to be written. */
  const renamed = async () => {
    made += 1;
    const account = await accounts.create({ email: `${made}@example.com` });
    account.rename("Renamed");
    return account;
  };

  const versionOf = async ({ id }: AccountEntity) => (await accounts.findById(id)).version;

  /** Memory and database both say that the event is stored, and the entity can be written again. */
  const expectCommitted = async (account: AccountEntity): Promise<void> => {
    expect(account.pending).toEqual([]);
    expect(account.version).toBe(2);
    expect(await versionOf(account)).toBe(2);
    account.rename("Later");
    expect(await accounts.update(account)).toBe(1);
  };

  /** Memory and database both say that it is not, and it can be written again. */
  const expectRolledBack = async (account: AccountEntity): Promise<void> => {
    expect(account.pending).toEqual([{ type: "AccountRenamed", name: "Renamed" }]);
    expect(account.version).toBe(1);
    expect(await versionOf(account)).toBe(1);
    expect(await accounts.update(account)).toBe(1);
    expect(await versionOf(account)).toBe(2);
  };

  const expectInDoubt = async (account: AccountEntity): Promise<void> => {
    const error = await accounts.update(account).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EntityUnusableError);
    expect(error).toMatchObject({ reason: "in-doubt" });
    const read = await accounts.findById(account.id);
    read.rename("After reading again");
    expect(await accounts.update(read)).toBe(1);
  };

  const begin = (): Promise<ControlledTransaction<unknown>> => db.startTransaction().execute();

  return {
    db,
    accounts,
    renamed,
    begin,
    versionOf,
    expectCommitted,
    expectRolledBack,
    expectInDoubt,
  };
};
