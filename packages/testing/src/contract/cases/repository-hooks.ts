import {
  type AppendedEvent,
  ConcurrentModificationError,
  createStoreRepository,
  DuplicateValueError,
  EntityHookError,
  type EntityOf,
  EntityUnusableError,
  TransactionRequiredError,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

class Change extends Error {}

const NAMES: readonly string[] = ["Ada", "Bob", "Eve"];

type Account = EntityOf<ReturnType<typeof defineAccount>>;
type Appended = AppendedEvent<ReturnType<typeof defineAccount>>;

export const repositoryHooks = contractGroup("hooks of repositories", {
  "onAppended gets what was just written, in the same transaction": async (bench) => {
    const told: { entity: Account; version: number; events: readonly Appended[] }[] = [];
    const definition = await bench.define(defineAccount);
    const accounts = createStoreRepository(definition, bench.store, {
      onAppended: async (tx, entity, events) => {
        told.push({ entity, version: entity.version, events });
        expect(await others.exists({ tx, where: { email: entity.state.email } })).toBe(true);
      },
    });
    const others = createStoreRepository(definition, bench.store);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.handOver("bob@example.com", "Bob");
    expect(await accounts.update(ada)).toBe(2);
    expect(await accounts.update(ada)).toBe(0);
    await bench.transaction(async (tx) => {
      ada.rename("Robert");
      await accounts.update(ada, { tx });
    });
    expect(told.map(({ version }) => version)).toEqual([0, 1, 3]);
    for (const { entity } of told) expect(entity).toBe(ada);
    expect(told.map(({ events }) => events)).toEqual([
      [{ event: ada.history[0], sequence: 1 }],
      [
        { event: { type: "EmailChanged", email: "bob@example.com" }, sequence: 2 },
        { event: { type: "Renamed", name: "Bob" }, sequence: 3 },
      ],
      [{ event: { type: "Renamed", name: "Robert" }, sequence: 4 }],
    ]);
    expect(ada.version).toBe(4);
  },

  "onAppended is called for every member of a batch, in its order, once all are written": async (
    bench,
  ) => {
    const told: string[] = [];
    let refuses = false;
    const definition = await bench.define(defineAccount);
    const others = createStoreRepository(definition, bench.store);
    const accounts = createStoreRepository(definition, bench.store, {
      onAppended: async (tx, { state }, events) => {
        const { items } = await others.list({ tx });
        const stored = items.filter((one) => NAMES.includes(one.state.name)).length;
        told.push(`${state.name} ${events.map(({ sequence }) => sequence).join()} of ${stored}`);
        if (refuses) throw new Change("rolls back");
      },
    });
    const emails = ["c@example.com", "a@example.com", "b@example.com"];
    const made = await accounts.createAll(emails.map((email) => ({ email })));
    expect(told).toHaveLength(3);
    told.length = 0;
    for (const [at, name] of NAMES.entries()) made[at]?.rename(name);
    expect(await accounts.updateAll(made)).toBe(3);
    expect(told).toEqual(["Ada 2 of 3", "Bob 2 of 3", "Eve 2 of 3"]);
    for (const account of made) account.rename("Refused");
    refuses = true;
    await expect(accounts.updateAll(made)).rejects.toThrow(Change);
    expect(made.map(({ version, pending }) => [version, pending.length])).toEqual(
      Array(3).fill([2, 1]),
    );
    const { items } = await others.list();
    expect(items.map(({ state }) => state.name)).not.toContain("Refused");
  },

  "what onAppended writes commits with the events, or not at all": async (bench) => {
    const log = await bench.repository(defineAccount);
    let fails = false;
    const accounts = await bench.repository(defineAccount, {
      onAppended: async (tx, { state }) => {
        await log.create({ email: state.name }, { tx });
        if (fails) throw new Change("rolls back");
      },
    });
    const ada = await accounts.create({ email: "ada@example.com", name: "A" });
    fails = true;
    ada.rename("B");
    await thrownBy(accounts.update(ada), Change);
    expect(ada.version).toBe(1);
    expect(ada.pending).toHaveLength(1);
    await thrownBy(accounts.create({ email: "b@example.com", name: "C" }), Change);
    expect(await accounts.maybeFindByEmail("b@example.com")).toBeUndefined();
    fails = false;
    expect(await accounts.update(ada)).toBe(1);
    const { items } = await log.list({ orderBy: "email" });
    expect(items.map(({ state }) => state.email)).toEqual(["A", "B"]);
  },

  "an error of onAppended keeps its transaction from committing": async (bench) => {
    const accounts = await bench.repository(defineAccount, {
      onAppended: () => {
        throw new Change("rolls back");
      },
    });
    const swallowed = bench.transaction(async (tx) => {
      await accounts.create({ email: "a@example.com" }, { tx }).catch(() => {});
    });
    await thrownBy(swallowed, Change);
    const made: Account[] = [];
    await bench.transaction(async (tx) => {
      const savepoint = tx.savepoint(async (inner) => {
        made.push(await accounts.create({ email: "b@example.com" }, { tx: inner }));
      });
      await thrownBy(savepoint, Change);
    });
    expect(made).toEqual([]);
    expect((await accounts.list()).items).toEqual([]);
  },

  "onAppended is not called where nothing was written": async (bench) => {
    let calls = 0;
    const accounts = await bench.repository(defineAccount, {
      onAppended: () => {
        calls += 1;
      },
    });
    const ada = await accounts.create({ email: "ada@example.com" });
    await thrownBy(accounts.create({ email: "ada@example.com" }), DuplicateValueError);
    const stale = await accounts.findById(ada.id);
    ada.rename("B");
    stale.rename("C");
    await accounts.update(ada);
    await thrownBy(accounts.update(stale), ConcurrentModificationError);
    expect(calls).toBe(2);
    expect(stale.pending).toHaveLength(1);
    expect((await accounts.findById(ada.id)).version).toBe(2);
  },

  "hooks run in their order: hydrated, appended, before the commit, after it": async (bench) => {
    const log: string[] = [];
    const accounts = await bench.repository(defineAccount, {
      onHydrated: ({ version }) => void log.push(`hydrated at ${version}`),
      onAppended: (tx, entity, [first]) => {
        log.push(`appended ${first?.sequence}`);
        if (first?.sequence !== 1) return;
        tx.beforeCommit(async (inner) => {
          entity.rename("In the hook");
          await accounts.update(entity, { tx: inner });
        });
        tx.afterCommit(() => void log.push(`after at ${entity.version}`));
      },
    });
    const ada = await accounts.create({ email: "ada@example.com", name: "A" });
    expect(log).toEqual(["hydrated at 0", "appended 1", "appended 2", "after at 2"]);
    expect(ada.version).toBe(2);
    expect((await accounts.findById(ada.id)).state.name).toBe("In the hook");
    expect(log.at(-1)).toBe("hydrated at 2");
  },

  "onHydrated sees every entity that is read": async (bench) => {
    const definition = await bench.define(defineAccount);
    const { id } = await createStoreRepository(definition, bench.store).create({
      email: "ada@example.com",
    });
    const seen: Account[] = [];
    const accounts = createStoreRepository(definition, bench.store, {
      onHydrated: (entity) => void seen.push(entity),
    });
    const read = [
      await accounts.findById(id),
      await accounts.findByEmail("ada@example.com"),
      ...(await accounts.findAll([id])).values(),
      ...(await accounts.list()).items,
    ];
    expect(read).toHaveLength(4);
    expect(seen.map((entity, at) => entity === read[at])).toEqual([true, true, true, true]);
    await accounts.maybeFindById("0190b6f0-0000-7000-8000-0000000000aa");
    expect(seen).toHaveLength(4);
  },

  "an entity that onHydrated refuses is not given out, nor created": async (bench) => {
    const definition = await bench.define(defineAccount);
    const open = createStoreRepository(definition, bench.store);
    const accounts = createStoreRepository(definition, bench.store, {
      onHydrated: ({ state }) => {
        if (state.name === "Nobody") throw new Change("refused");
      },
    });
    const { id } = await open.create({ email: "ada@example.com", name: "Nobody" });
    const error = await thrownBy(accounts.findById(id), EntityHookError);
    expect(error).toMatchObject({ entity: definition.name, id, cause: expect.any(Change) });
    await thrownBy(accounts.list(), EntityHookError);
    await thrownBy(accounts.create({ email: "b@example.com", name: "Nobody" }), EntityHookError);
    expect(await open.maybeFindByEmail("b@example.com")).toBeUndefined();
    await accounts.create({ email: "b@example.com", name: "Bob" });
  },

  "an onHydrated that returns a promise is refused": async (bench) => {
    const accounts = await bench.repository(defineAccount, {
      onHydrated: async () => {
        throw new Change("nobody awaits it");
      },
    });
    const error = await thrownBy(accounts.create({ email: "a@example.com" }), EntityHookError);
    expect(String(error.cause)).toMatch(/promise/);
  },

  "in the user's own transaction onAppended gets that one": async (bench) => {
    const log = await bench.repository(defineAccount);
    const accounts = await bench.repository(defineAccount, {
      onAppended: async (tx, { state }) => {
        await tx.savepoint((inner) => log.create({ email: state.email }, { tx: inner }));
      },
    });
    await bench.userTransaction((tx) => accounts.create({ email: "kept" }, { tx }));
    const dropped: Account[] = [];
    const rolledBack = bench.userTransaction(async (tx) => {
      dropped.push(await accounts.create({ email: "dropped" }, { tx }));
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    for (const repository of [accounts, log]) {
      const { items } = await repository.list();
      expect(items.map(({ state }) => state.email)).toEqual(["kept"]);
    }
    dropped[0]?.rename("Ghost");
    await thrownBy(accounts.update(dropped[0] as Account), EntityUnusableError);
  },

  "a repository that demands a transaction does nothing without one": async (bench) => {
    const definition = await bench.define(defineAccount);
    const open = createStoreRepository(definition, bench.store);
    let calls = 0;
    const demanding = createStoreRepository(definition, bench.store, {
      requireTransaction: true,
      onAppended: () => {
        calls += 1;
      },
    });
    const ada = await open.create({ email: "ada@example.com" });
    ada.rename("Countess");
    // As a program without types calls it.
    const untyped = demanding as unknown as typeof open;
    for (const call of [
      () => untyped.create({ email: "b@example.com" }),
      () => untyped.create({ email: "b@example.com" }, { tx: "none" }),
      () => untyped.update(ada),
      () => untyped.transact(ada.id, (account) => account.rename("B")),
      () => untyped.findById(ada.id),
      () => untyped.findById(ada.id, { asOf: { version: 1 } }),
      () => untyped.maybeFindByEmail("ada@example.com", { tx: "none" }),
      () => untyped.findAll([ada.id]),
      () => untyped.list(),
      () => untyped.each().next(),
      () => untyped.count(),
      () => untyped.exists(),
      () => untyped.history(ada.id),
    ]) {
      await thrownBy(call(), TransactionRequiredError);
    }
    expect(calls).toBe(0);
    expect(ada.pending).toHaveLength(1);
    await bench.transaction(async (tx) => {
      expect(await demanding.update(ada, { tx })).toBe(1);
      expect((await demanding.findByEmail("ada@example.com", { tx })).state.name).toBe("Countess");
      await demanding.create({ email: "b@example.com" }, { tx });
    });
    expect(calls).toBe(2);
    expect(await open.count()).toBe(2);
  },
});
