import { decide } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, type PostgresPool, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { annalsPool, createRepository, transaction } from "../src/index.ts";
import { Account, Parcel } from "./database/account.ts";
import { migrate } from "./database/open.ts";
import { Resident } from "./database/resident.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";
import type { FrontendMessage } from "./wire/frontend-messages.ts";

const { connectionString } = await testDatabase({
  name: "account-resident-and-parcel",
  migrate: (url) => migrate(url, [Account, Resident, Parcel]),
});
const proxy = await CountingProxy.open(connectionString);
const opened: Kysely<unknown>[] = [];
afterAll(async () => {
  await Promise.all(opened.map((db) => db.destroy()));
  await proxy.close();
});

const open = (wrap: (pool: pg.Pool) => PostgresPool, max = 1) => {
  const pool = new pg.Pool({ connectionString: proxy.connectionString, max });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: wrap(pool) }) });
  opened.push(db);
  return {
    db,
    accounts: createRepository(Account, { db }),
    cached: createRepository(Account, { db, cache: true }),
    residents: createRepository(Resident, { db }),
    parcels: createRepository(Parcel, { db }),
  };
};

/** A client waits for the server after each of these, so each is a round trip. */
const roundTrips = (sent: readonly FrontendMessage[]): number =>
  sent.filter(({ kind }) => kind === "Sync" || kind === "Query").length;

let made = 0;
const newEmail = (): string => {
  made += 1;
  return `${made}@example.com`;
};

describe.each([
  ["annalsPool", (pool: pg.Pool) => annalsPool(pool)],
  [
    "annalsPool without prepared statements",
    (pool: pg.Pool) => annalsPool(pool, { prepare: false }),
  ],
  ["a stock pool", (pool: pg.Pool) => pool],
])("round trips through %s", (name, wrap) => {
  const { db, accounts, cached, residents, parcels } = open(wrap);

  const resident = async () => {
    const one = await residents.create({ email: newEmail(), room: made });
    one.score(1);
    return one;
  };

  const rows = async () => {
    const [one, other] = [
      await accounts.create({ email: newEmail() }),
      await accounts.create({ email: newEmail() }),
    ];
    one.rename("B");
    await accounts.update(one);
    return [one, other] as const;
  };

  it.each([
    ["create", async () => () => accounts.create({ email: newEmail() })],
    [
      "update with one event",
      async () => {
        const [one] = await rows();
        one.rename("C");
        return () => accounts.update(one);
      },
    ],
    [
      "update with many events",
      async () => {
        const [one] = await rows();
        for (let at = 0; at < 500; at += 1) one.rename(`${at}`);
        return () => accounts.update(one);
      },
    ],
    [
      "delete, with what is pending",
      async () => given(await resident(), (one) => residents.delete(one)),
    ],
    [
      "restore",
      async () => {
        const one = await resident();
        await residents.delete(one);
        return () => residents.restore(one);
      },
    ],
    [
      "a list with what is deleted",
      async () => given(await resident(), () => residents.list({ includeDeleted: true, first: 2 })),
    ],
    [
      "createAll",
      async () => () =>
        accounts.createAll(Array.from({ length: 50 }, () => ({ email: newEmail() }))),
    ],
    [
      "updateAll, also when values move along a chain",
      async () => {
        const made = await accounts.createAll([{ email: newEmail() }, { email: newEmail() }]);
        made[0]?.moveTo(made[1]?.state.email as string);
        made[1]?.moveTo(newEmail());
        return () => accounts.updateAll(made);
      },
    ],
    ["findById", async () => given(await rows(), ([{ id }]) => accounts.findById(id))],
    [
      "findById as of a time",
      async () =>
        given(await rows(), ([{ id }]) => accounts.findById(id, { asOf: new Date("2999-01-01") })),
    ],
    ["history", async () => given(await rows(), ([{ id }]) => accounts.history(id))],
    [
      "findById of what is known, and changed since",
      async () => {
        const [one] = await rows();
        await cached.findById(one.id);
        one.rename("C");
        await accounts.update(one);
        return () => cached.findById(one.id);
      },
    ],
    [
      "a finder of what is known",
      async () => {
        const [{ state }] = await rows();
        await cached.findByEmail(state.email);
        return () => cached.findByEmail(state.email);
      },
    ],
    [
      "a list of what is known",
      async () => {
        await rows();
        await cached.list({ first: 5 });
        return () => cached.list({ first: 5 });
      },
    ],
    ["maybeFindById", async () => () => accounts.maybeFindById(crypto.randomUUID())],
    [
      "a finder",
      async () => given(await rows(), ([{ state }]) => accounts.findByEmail(state.email)),
    ],
    ["a finder that finds nothing", async () => () => accounts.maybeFindByEmail("nobody")],
    [
      "a finder of a composite",
      async () =>
        given(await rows(), ([{ state }]) => accounts.findByTenantIdAndNameAndEmail(state)),
    ],
    [
      "findAll",
      async () =>
        given(await rows(), ([one, other]) =>
          accounts.findAll([one.id, other.id, crypto.randomUUID()]),
        ),
    ],
    [
      "query",
      async () =>
        given(await rows(), () =>
          accounts.query(
            () => sql<{ id: string }>`select id from accounts order by name limit ${2}`,
          ),
        ),
    ],
    ["list", async () => given(await rows(), () => accounts.list({ first: 1 }))],
    [
      "the next page of a list",
      async () => {
        await rows();
        const page = await accounts.list({ first: 1, orderBy: "name" });
        return () => accounts.list({ first: 1, orderBy: "name", after: page.endCursor });
      },
    ],
  ] as [string, () => Promise<() => Promise<unknown>>][])("%s is one", async (_name, prepare) => {
    for (const turn of ["first", "second"]) {
      const call = await prepare();
      const sent = await proxy.during(call);
      expect(roundTrips(sent), `the ${turn} time`).toBe(1);
      expect(sent.filter(({ kind }) => kind === "Execute")).toHaveLength(1);
    }
  });

  it("what needs no statement is none", async () => {
    const [one] = await rows();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => accounts.update(one),
      () => accounts.maybeFindById("garbage"),
      () => accounts.createAll([]),
      () => accounts.updateAll([]),
      () => accounts.updateAll([one]),
      () => accounts.findAll([]),
      () => accounts.findAll(["garbage"]),
    ];
    for (const call of calls) {
      expect(await proxy.during(call)).toEqual([]);
    }
  });

  it("what is refused is one as well", async () => {
    const [one] = await rows();
    const copy = await accounts.findById(one.id);
    one.rename("D");
    copy.rename("E");
    await accounts.update(one);
    const refused = [
      () => accounts.update(copy),
      () => accounts.create({ email: one.state.email }),
      () => accounts.findById(crypto.randomUUID()),
    ];
    for (const call of refused) {
      const sent = await proxy.during(() => expect(call()).rejects.toThrow());
      expect(roundTrips(sent)).toBe(1);
    }
  });

  it("a new idempotency key costs none, a known one a second", async () => {
    const [one] = await rows();
    const { id } = one;
    const decide = (account: typeof one) => account.rename("H");
    const input = { email: newEmail() };
    const keyed = (call: string) => ({ idempotencyKey: `${call}-${input.email}` });
    const update = async () => {
      const account = await accounts.findById(id);
      account.rename("G");
      return () => accounts.update(account, keyed("update"));
    };
    const calls: readonly [number, number, () => Promise<() => Promise<unknown>>][] = [
      [1, 2, async () => () => accounts.create(input, keyed("create"))],
      [1, 2, update],
      // It reads first; a repetition reads, tries to write, and asks for the key.
      [2, 3, async () => () => accounts.transact(id, decide, keyed("transact"))],
    ];
    for (const [fresh, known, prepare] of calls) {
      expect(roundTrips(await proxy.during(await prepare()))).toBe(fresh);
      for (let repeated = 0; repeated < 2; repeated += 1) {
        expect(roundTrips(await proxy.during(await prepare()))).toBe(known);
      }
    }
  });

  it("a write with onAppended is three, and what the hook sends", async () => {
    const hooked = createRepository(Account, { db, onAppended: () => {} });
    const sent = await proxy.during(() => hooked.create({ email: newEmail() }));
    expect(roundTrips(sent)).toBe(3);
    const read = await proxy.during(() => hooked.maybeFindById(crypto.randomUUID()));
    expect(roundTrips(read)).toBe(1);
  });

  it("a decision over several entities is what it reads, and one transaction of its writes", async () => {
    const [one, other] = await rows();
    const parcel = await parcels.create(undefined, { id: crypto.randomUUID() });
    const [a, b] = [accounts.byId(one.id), accounts.byId(other.id)];
    const of = async (call: () => Promise<unknown>) => roundTrips(await proxy.during(call));
    const rename = (account: typeof one) => account.rename(newEmail());
    // One statement reads both, one writes both.
    expect(
      await of(() =>
        decide([a, b], (...both) => {
          for (const each of both) rename(each);
        }),
      ),
    ).toBe(2);
    // BEGIN, the rows held, the write, COMMIT.
    expect(await of(() => decide([a, b], rename))).toBe(5);
    expect(await of(() => decide([a], rename))).toBe(2);
    expect(await of(() => decide([a, b], () => {}))).toBe(1);
    const two = () =>
      decide([a, parcels.byId(parcel.id), accounts.creator()], (account, _parcel, create) => {
        rename(account);
        create({ email: newEmail() });
      });
    // Two reads; BEGIN, each kind held, the update, what is new, COMMIT.
    expect(await of(two)).toBe(8);
  });

  it("a savepoint is two, and three when it is rolled back", async () => {
    await transaction(db, async (tx) => {
      await sql`select 1`.execute(tx);
      const kept = await proxy.during(() => tx.savepoint(async () => {}));
      expect(roundTrips(kept)).toBe(2);
      const undone = await proxy.during(() =>
        tx.savepoint(() => Promise.reject(new Error("rolls back"))).catch(() => {}),
      );
      expect(roundTrips(undone)).toBe(3);
    });
  });

  it("a circle of values is one transaction of two statements", async () => {
    const made = await accounts.createAll([{ email: newEmail() }, { email: newEmail() }]);
    const [one, other] = made.map(({ state }) => state.email) as [string, string];
    made[0]?.moveTo(other);
    made[1]?.moveTo(one);
    expect(roundTrips(await proxy.during(() => accounts.updateAll(made)))).toBe(4);
    made[0]?.moveTo(one);
    made[1]?.moveTo(other);
    const joined = await proxy.during(() =>
      transaction(db, (tx) => accounts.updateAll(made, { tx })),
    );
    expect(roundTrips(joined)).toBe(4);
  });

  it("createOrFind is one where it creates, and two where it finds", async () => {
    const id = crypto.randomUUID();
    const call = () => parcels.createOrFind(undefined, { id });
    expect(roundTrips(await proxy.during(call))).toBe(1);
    expect(roundTrips(await proxy.during(call))).toBe(2);
  });

  it("a transaction is its statements, begin and commit", async () => {
    const [one, other] = await rows();
    one.rename("F");
    other.rename("F");
    const sent = await proxy.during(() =>
      transaction(db, async (tx) => {
        await accounts.update(one, { tx });
        await accounts.update(other, { tx });
        await accounts.create({ email: newEmail() }, { tx });
      }),
    );
    expect(roundTrips(sent)).toBe(5);
  });

  it.skipIf(name === "a stock pool")("a transaction without statements is none", async () => {
    const kept = () => transaction(db, async () => {});
    expect(await proxy.during(kept)).toEqual([]);
    const undone = () => transaction(db, () => Promise.reject(new Error("regret"))).catch(() => {});
    expect(await proxy.during(undone)).toEqual([]);
  });
});

const given =
  <Rows>(rows: Rows, call: (rows: Rows) => Promise<unknown>) =>
  () =>
    call(rows);
