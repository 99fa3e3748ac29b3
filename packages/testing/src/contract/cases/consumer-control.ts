import { expect } from "vitest";
import { contractGroup, needs } from "../contract-case.ts";
import { expectOnceInOrder, followAccounts } from "../followed.ts";

export const consumerControl = contractGroup("control of consumers", {
  "a consumer is listed with its slots and how far it has come": async (bench) => {
    const { Account, consumer, write } = await followAccounts(bench);
    await write(2, 1);
    const position = await consumer().catchUp();
    const all = await bench.store.consumers().list();
    const state = all.find(({ name }) => name === Account.name);
    expect(state).toMatchObject({ pausedBecause: null, heldKeys: 0, deadLetters: 0 });
    expect(state?.topics.join()).toContain(Account.name);
    expect(state?.slots).toEqual([{ slot: 0, position, owner: null, pausedBecause: null }]);
  },

  "a paused consumer stands still until it is resumed": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(2, 0);
    await consumer().catchUp();
    const admin = bench.store.consumers();
    expect(await admin.pause(Account.name, "a migration")).toBe(true);
    events.push(...(await write(1, 1)));
    await expect(consumer().catchUp()).rejects.toMatchObject({ code: "ANNALS_CONSUMER_PAUSED" });
    expect(deliveries).toHaveLength(2);
    expect(await admin.resume(Account.name)).toBe(true);
    await consumer().catchUp();
    expectOnceInOrder(deliveries, events);
  },

  "one that runs notices a pause": needs("several connections", async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const stop = new AbortController();
    const running = consumer().run({ signal: stop.signal });
    await write(1, 0);
    await expect.poll(() => deliveries.length, { timeout: 20_000 }).toBe(1);
    const admin = bench.store.consumers();
    await admin.pause(Account.name, "a migration");
    const isFree = async () =>
      (await admin.list()).find(({ name }) => name === Account.name)?.slots[0]?.owner;
    await expect.poll(isFree, { timeout: 20_000 }).toBe(null);
    await write(1, 0);
    expect(deliveries).toHaveLength(1);
    await admin.resume(Account.name);
    await expect.poll(() => deliveries.length, { timeout: 20_000 }).toBe(2);
    stop.abort();
    await running;
  }),

  "a reset consumer handles everything again": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(2, 1);
    await consumer().catchUp();
    expectOnceInOrder(deliveries.splice(0), events);
    expect(await bench.store.consumers().reset(Account.name, 0)).toBe(true);
    await consumer().catchUp();
    expectOnceInOrder(deliveries, events);
  },

  "a renamed consumer goes on, a removed one begins again": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(2, 0);
    await consumer().catchUp();
    const admin = bench.store.consumers();
    const name = `${Account.name}.renamed`;
    expect(await admin.rename(Account.name, name)).toBe(true);
    await consumer({ name }).catchUp();
    expectOnceInOrder(deliveries.splice(0), events);
    expect(await admin.remove(name)).toBe(true);
    expect(await admin.remove(name)).toBe(false);
    await consumer({ name }).catchUp();
    expectOnceInOrder(deliveries, events);
  },

  "what no consumer has is told": async (bench) => {
    const admin = bench.store.consumers();
    const done = [
      admin.pause("nobody", "x"),
      admin.resume("nobody"),
      admin.reset("nobody", 0),
      admin.resize("nobody", 2),
      admin.rename("nobody", "somebody"),
    ];
    expect(await Promise.all(done)).toEqual(done.map(() => false));
  },

  "slots shrink too, when somebody decides so": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(4, 1);
    await consumer().catchUp();
    const admin = bench.store.consumers();
    for (const slots of [4, 2]) {
      await admin.resize(Account.name, slots);
      events.push(...(await write(3, 1)));
      await consumer().catchUp();
      const state = (await admin.list()).find(({ name }) => name === Account.name);
      expect(state?.slots).toHaveLength(slots);
    }
    const seen = deliveries.map(({ entityId, sequence }) => `${entityId}/${sequence}`);
    expect(seen.toSorted()).toEqual(events.toSorted());
  },
});
