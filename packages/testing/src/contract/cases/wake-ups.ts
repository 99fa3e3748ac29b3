import { type Clock, createStoreConsumer, createStoreRepository } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineOrderFeed, placed } from "../entities/order-feed.ts";

/** Nobody who waits by it comes back before something wakes him. */
const standing: Clock = {
  now: () => new Date(),
  sleep: (_, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) resolve();
      else signal?.addEventListener("abort", () => resolve(), { once: true });
    }),
};

const newAccount = () => ({ email: `${crypto.randomUUID()}@example.com` });

/** Accounts, and how often somebody who follows them has been woken. */
const watchAccounts = async (bench: Bench) => {
  const Account = await bench.define(defineAccount);
  const accounts = createStoreRepository(Account, bench.store);
  const consumer = bench.store.consumer({
    name: Account.name,
    topics: [{ plan: Account.plan, passedOver: [] }],
    slots: 1,
    handles: [],
    knows: [],
    keys: undefined,
    start: "beginning",
    changesTopics: false,
  });
  // A wake-up may come for every event of a write, or for all of them together.
  const woken = { times: 0 };
  const unwatch = consumer.watch(() => {
    woken.times += 1;
  });
  return { Account, accounts, woken, unwatch };
};

export const wakeUps = contractGroup("wake-ups", {
  "every write wakes up who follows its topic, and nobody else": async (bench) => {
    const { accounts, woken, unwatch } = await watchAccounts(bench);
    const others = await bench.repository(defineAccount);
    const account = await accounts.create(newAccount());
    expect(woken.times).toBe(1);
    account.rename("Ada");
    await accounts.update(account);
    expect(woken.times).toBe(2);
    await accounts.createAll([newAccount(), newAccount()]);
    expect(woken.times).toBeGreaterThan(2);
    const before = woken.times;
    await others.create(newAccount());
    await expect(accounts.create({ email: account.state.email })).rejects.toThrow();
    expect(woken.times).toBe(before);
    unwatch();
    await accounts.create(newAccount());
    expect(woken.times).toBe(before);
  },

  "a transaction wakes up when it has committed": async (bench) => {
    const { accounts, woken } = await watchAccounts(bench);
    await bench.transaction(async (tx) => {
      await accounts.create(newAccount(), { tx });
      await tx.savepoint((inner) => accounts.create(newAccount(), { tx: inner }));
      expect(woken.times).toBe(0);
      tx.afterCommit(() => expect(woken.times).toBe(2));
    });
    expect(woken.times).toBe(2);
  },

  "what is rolled back wakes up nobody": async (bench) => {
    const { accounts, woken } = await watchAccounts(bench);
    const failed = bench.transaction(async (tx) => {
      await accounts.create(newAccount(), { tx });
      throw new Error("rolled back");
    });
    await expect(failed).rejects.toThrow("rolled back");
    await bench.transaction(async (tx) => {
      const undone = tx.savepoint(async (inner) => {
        await accounts.create(newAccount(), { tx: inner });
        throw new Error("undone");
      });
      await expect(undone).rejects.toThrow("undone");
    });
    expect(woken.times).toBe(0);
  },

  "what is published wakes up as well": async (bench) => {
    const { definition, topic } = await bench.topic(defineOrderFeed);
    let woken = 0;
    bench.store
      .consumer({
        name: definition.name,
        topics: [{ plan: definition.plan, passedOver: [] }],
        slots: 1,
        handles: [],
        knows: [],
        keys: undefined,
        start: "beginning",
        changesTopics: false,
      })
      .watch(() => {
        woken += 1;
      });
    await topic.publish(placed("1"));
    expect(woken).toBe(1);
    await bench.transaction(async (tx) => {
      await topic.publishAll([{ event: placed("2") }, { event: placed("3") }], { tx });
      expect(woken).toBe(1);
    });
    expect(woken).toBeGreaterThan(1);
  },

  "a consumer that runs handles what its process commits without polling for it": async (bench) => {
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    const opened: string[] = [];
    let noteOpened = (): void => {};
    const consumer = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      clock: standing,
      on: {
        AccountOpened: ({ email }) => {
          opened.push(email);
          noteOpened();
        },
      },
    });
    const stop = new AbortController();
    const running = consumer.run({ signal: stop.signal });
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const handled = new Promise<void>((resolve) => {
        noteOpened = resolve;
      });
      const input = newAccount();
      made.push(input.email);
      if (n % 2 === 0) await accounts.create(input);
      else await bench.transaction((tx) => accounts.create(input, { tx }));
      await handled;
    }
    expect(opened).toEqual(made);
    stop.abort();
    await running;
  },
});
