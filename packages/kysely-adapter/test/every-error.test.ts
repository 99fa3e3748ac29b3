import { AnnalsError, decide, isRetryable } from "@annals/core";
import { type Kysely, sql } from "kysely";
import { describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { type Fault, faultyDatabase } from "./database/faulty.ts";

// Whatever goes wrong below a repository, what reaches the caller is an error of ours that says what it
// is, whether it is worth repeating, and what caused it.

const ID = "01890a5d-ac96-774b-bcce-b302099a8057";
const STORED = {
  written: true,
  id: ID,
  version: 1,
  count: 1,
  position: "x",
  events: [{ type: "AccountOpened", email: "a@example.com", name: "Ada", tenantId: "t" }],
};

const open = () => {
  const { db, fail } = faultyDatabase([STORED]);
  return { db, fail, accounts: createRepository(Account, { db }) };
};

type Accounts = ReturnType<typeof open>["accounts"];
type Options = { tx?: never };

const drained = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
};

/** Every call of a repository that reaches the database. */
const calls: Readonly<Record<string, (accounts: Accounts, options?: Options) => Promise<unknown>>> =
  {
    create: (accounts, options) => accounts.create({ email: "a@example.com" }, options),
    createAll: (accounts, options) => accounts.createAll([{ email: "a@example.com" }], options),
    transact: (accounts, options) =>
      accounts.transact(ID, (account) => account.rename("B"), { ...options, attempts: 1 }),
    findById: (accounts, options) => accounts.findById(ID, options),
    "findById as of a version": (accounts, options) =>
      accounts.findById(ID, { ...options, asOf: { version: 1 } }),
    maybeFindById: (accounts, options) => accounts.maybeFindById(ID, options),
    findAll: (accounts, options) => accounts.findAll([ID, crypto.randomUUID()], options),
    findByEmail: (accounts, options) => accounts.findByEmail("a@example.com", options),
    maybeFindByEmail: (accounts, options) => accounts.maybeFindByEmail("a@example.com", options),
    list: (accounts, options) => accounts.list(options),
    listByName: (accounts, options) => accounts.listByName("Ada", options),
    pages: (accounts, options) => drained(accounts.pages(options)),
    each: (accounts, options) => drained(accounts.each(options)),
    count: (accounts, options) => accounts.count(options),
    exists: (accounts, options) => accounts.exists(options),
    history: (accounts, options) => accounts.history(ID, options),
    eachEvent: (accounts, options) => drained(accounts.eachEvent(ID, options)),
    decide: (accounts, options) =>
      decide([accounts.byId(ID)], (account) => account.rename("B"), { ...options, attempts: 1 }),
    "decide over several": (accounts, options) =>
      decide([accounts.byId(ID), accounts.maybeByEmail("a@example.com")], () => {}, {
        ...options,
        attempts: 1,
      }),
    query: (accounts, options) => accounts.query(() => sql<{ id: string }>`select id`, options),
  };

const writes = ["create", "update"];

const reported = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`reported ${code}`), { code, ...more });
const system = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall });

const faults: Readonly<Record<string, Fault>> = {
  "a driver's bug": { at: "query", error: new TypeError("x is not a function") },
  "something that is no error": { at: "query", error: "a text" },
  "nothing at all": { at: "query", error: undefined },
  "an abort": { at: "query", error: new DOMException("aborted", "AbortError") },
  "a connection that is refused": { at: "connect", error: system("ECONNREFUSED", "connect") },
  "a host without a name": { at: "connect", error: system("ENOTFOUND", "getaddrinfo") },
  "a pool without a free connection": {
    at: "connect",
    error: new Error("timeout exceeded when trying to connect"),
  },
  "a pool that was closed": {
    at: "connect",
    error: new Error("Cannot use a pool after calling end on the pool"),
  },
  "a connection that breaks": { at: "query", error: system("ECONNRESET", "read") },
  "a connection that ends": { at: "query", error: new Error("Connection terminated unexpectedly") },
  "a constraint of nobody": { at: "query", error: reported("23505", { constraint: "other_key" }) },
  "a unique value": { at: "query", error: reported("23505", { constraint: "accounts_email_key" }) },
  ...Object.fromEntries(
    [
      ...["23503", "23514", "23502", "23P01", "40001", "40P01", "55P03", "57014", "25P02", "25006"],
      ...["57P01", "57P03", "08006", "53300", "53200", "42P01", "42703", "42501", "26000", "42P05"],
      ...["22P02", "22003", "0A000", "XX000", "AN001", "AN002", "28P01", "3D000", "P0001"],
    ].map((code): [string, Fault] => [`SQLSTATE ${code}`, { at: "query", error: reported(code) }]),
  ),
};

const causes = (error: unknown): unknown[] =>
  error instanceof Error && "cause" in error ? [error, ...causes(error.cause)] : [error];

const expectOurs = (error: unknown, cause: unknown): AnnalsError => {
  expect(error).toBeInstanceOf(AnnalsError);
  const ours = error as AnnalsError;
  expect(ours.code).toMatch(/^ANNALS_[A-Z_]+$/);
  expect(ours.hint).toMatch(/\.$/);
  expect(causes(ours)).toContain(cause);
  expect(isRetryable(ours)).toBe(ours.retryable);
  return ours;
};

const thrownBy = (call: () => Promise<unknown>) =>
  call().then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );

/** An update needs an entity, which is read while nothing is wrong. */
const updates = {
  update: async (accounts: Accounts) => {
    const account = await accounts.findById(ID);
    account.rename("B");
    return (options?: Options) => accounts.update(account, options);
  },
  updateAll: async (accounts: Accounts) => {
    const account = await accounts.findById(ID);
    account.rename("B");
    return (options?: Options) => accounts.updateAll([account], options);
  },
};

describe.each(Object.entries(faults))("with %s", (_, fault) => {
  it.each(Object.entries(calls))("%s throws an error of ours", async (_name, call) => {
    const { accounts, fail } = open();
    fail(fault);
    expectOurs(await thrownBy(() => call(accounts)), fault.error);
  });

  it.each(Object.entries(updates))("%s throws an error of ours", async (_name, updating) => {
    const { accounts, fail } = open();
    const update = await updating(accounts);
    fail(fault);
    expectOurs(await thrownBy(update), fault.error);
  });

  it.each(["begin", "commit"])("a transaction's %s throws an error of ours", async (statement) => {
    const { db, fail } = open();
    fail({ ...fault, sql: new RegExp(`^${statement}`, "i") });
    const work = () => transaction(db, (tx) => sql`select 1`.execute(tx));
    if (statement === "commit" && fault.at === "connect") return;
    expectOurs(await thrownBy(work), fault.error);
  });
});

describe("what may be repeated", () => {
  const retryable = async (fault: Fault, name: string) => {
    const { accounts, fail } = open();
    fail(fault);
    return isRetryable(await thrownBy(() => (calls[name] as (typeof calls)[string])(accounts)));
  };

  it("is what passes, and for a write only what certainly was not written", async () => {
    for (const name of ["findById", "create"]) {
      const passing = ["40001", "40P01", "55P03", "53300", "57P01"];
      for (const code of passing) {
        const isWriteInDoubt = writes.includes(name) && code === "57P01";
        expect(await retryable(faults[`SQLSTATE ${code}`] ?? never(code), name), code).toBe(
          !isWriteInDoubt,
        );
      }
      for (const code of ["42P01", "57014", "25P02", "XX000", "22P02"]) {
        expect(await retryable(faults[`SQLSTATE ${code}`] ?? never(code), name), code).toBe(false);
      }
      const refused = faults["a connection that is refused"] ?? never("refused");
      expect(await retryable(refused, name)).toBe(true);
    }
  });
});

const never = (what: string): never => {
  throw new Error(`There is no fault ${what}`);
};

describe("something that is no transaction", () => {
  const given: Readonly<Record<string, (db: Kysely<unknown>) => unknown>> = {
    null: () => null,
    "a text": () => "tx",
    "an object": () => ({}),
    "the instance itself": (db) => db,
  };
  it.each(Object.entries(given))("%s is refused by every call", async (_, make) => {
    const { db, accounts } = open();
    const options = { tx: make(db) as never };
    const update = await updates.update(accounts);
    const updateAll = await updates.updateAll(accounts);
    const named: typeof calls = {
      ...calls,
      update: (_accounts, given) => update(given),
      updateAll: (_accounts, given) => updateAll(given),
    };
    for (const [name, call] of Object.entries(named)) {
      const error = await thrownBy(() => call(accounts, options));
      expect(error, name).toMatchObject({ code: "ANNALS_INVALID_ARGUMENT" });
    }
  });
});

it("a transaction that has ended is refused by every call, and leaves nothing in doubt", async () => {
  const { db, accounts } = open();
  const tx = (await db.startTransaction().execute()) as never;
  const update = await updates.update(accounts);
  const updateAll = await updates.updateAll(accounts);
  await (tx as { commit(): { execute(): Promise<void> } }).commit().execute();
  for (const [name, call] of Object.entries(calls)) {
    const error = await thrownBy(() => call(accounts, { tx }));
    expect(error, name).toMatchObject({ code: "ANNALS_INVALID_ARGUMENT" });
  }
  expect(await thrownBy(() => update({ tx }))).toMatchObject({ code: "ANNALS_INVALID_ARGUMENT" });
  expect(await thrownBy(() => updateAll({ tx }))).toMatchObject({
    code: "ANNALS_INVALID_ARGUMENT",
  });
  expect(await update()).toBe(1);
});

it("an instance that was destroyed is an error of ours", async () => {
  const { db, accounts } = open();
  await accounts.findById(ID);
  await db.destroy();
  for (const call of Object.values(calls)) {
    expect(await thrownBy(() => call(accounts))).toBeInstanceOf(AnnalsError);
  }
});

it("covers every call that there is", () => {
  const covered = new Set([...Object.keys(calls), ...Object.keys(updates)]);
  const composites = ["findByTenantIdAndNameAndEmail", "maybeFindByTenantIdAndNameAndEmail"];
  const named = ["listByTenantId"];
  // What only says which entities a decision is about does nothing by itself.
  const isPlace = (name: string) => /^(by|maybeBy)[A-Z]|^creator$/.test(name);
  const missing = Object.keys(open().accounts).filter(
    (name) => !covered.has(name) && !isPlace(name),
  );
  expect(missing.sort()).toEqual([...composites, ...named].sort());
});
