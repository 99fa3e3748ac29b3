import { type ConsumerHealth, createStoreConsumer } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { followAccounts } from "../followed.ts";

const healthOf = async (bench: Bench, name: string): Promise<ConsumerHealth> => {
  const [health, ...others] = await bench.store.consumers().health(name);
  expect(others).toEqual([]);
  return health as ConsumerHealth;
};

export const consumerHealth = contractGroup("health of consumers", {
  "tells how many events wait, and since when": async (bench) => {
    const { Account, consumer, write } = await followAccounts(bench);
    await write(2, 1);
    const position = await consumer().catchUp();
    const idle = await healthOf(bench, Account.name);
    expect(idle).toMatchObject({ condition: "idle", because: null, eventsBehind: 0, heldKeys: 0 });
    expect(idle).toMatchObject({ isEstimate: false, oldestUnhandledMs: null });
    expect(idle.slots).toMatchObject([{ slot: 0, position, owner: null, failing: null }]);
    await write(2, 2);
    const behind = await healthOf(bench, Account.name);
    expect(behind).toMatchObject({ condition: "behind", eventsBehind: 6, isEstimate: false });
    expect(behind.oldestUnhandledMs).toBeGreaterThanOrEqual(0);
    await consumer().catchUp();
    expect(await healthOf(bench, Account.name)).toMatchObject({ condition: "idle" });
    expect(await bench.store.consumers().health("nobody")).toEqual([]);
  },

  "counts what it reads, and nothing else": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    const consumer = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      slots: 3,
      on: { Renamed: () => {} },
    });
    await consumer.catchUp();
    await write(4, 0);
    expect(await healthOf(bench, Account.name)).toMatchObject({ condition: "idle" });
    await write(4, 2);
    const behind = await healthOf(bench, Account.name);
    expect(behind).toMatchObject({ condition: "behind", eventsBehind: 8 });
    expect(behind.slots.map(({ eventsBehind }) => eventsBehind).reduce((a, b) => a + b)).toBe(8);
  },

  "names the event that keys wait for, and its error": async (bench) => {
    const { Account, accounts, consumer } = await followAccounts(bench);
    const bad = await accounts.create({ email: "bad@example.com" });
    await accounts.create({ email: "good@example.com" });
    await consumer({
      onFailure: "hold",
      retry: { attempts: 1 },
      handle: ({ entityId }) => {
        if (entityId === bad.id) throw new RangeError("too far");
      },
    }).catchUp();
    const health = await healthOf(bench, Account.name);
    expect(health).toMatchObject({ condition: "stuck", because: "dead-letter", heldKeys: 1 });
    expect(health.slots[0]?.failing).toMatchObject({
      key: bad.id,
      eventType: "AccountOpened",
      status: "dead",
      attempts: 1,
      error: { class: "RangeError", message: "too far" },
    });
  },

  "says why it is paused": async (bench) => {
    const { Account, consumer } = await followAccounts(bench);
    await consumer().catchUp();
    await bench.store.consumers().pause(Account.name, "a migration");
    const paused = { condition: "paused", because: "a migration" };
    expect(await healthOf(bench, Account.name)).toMatchObject(paused);
  },
});
