import { type Consumer, createStoreConsumer, createStoreRepository } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { eventKey } from "../followed.ts";

interface Seen {
  readonly by: string;
  readonly entityId: string;
  readonly sequence: number;
}

/** Accounts and a consumer of several slots, of which any number may run. */
const slotted = async (bench: Bench) => {
  const Account = await bench.define(defineAccount);
  const accounts = createStoreRepository(Account, bench.store);
  const seen: Seen[] = [];
  const written: string[] = [];

  const write = async (count: number, renames: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const account = await accounts.create({ email: `${crypto.randomUUID()}@example.com` });
      for (let turn = 0; turn < renames; turn += 1) account.rename(`${turn}`);
      await accounts.update(account);
      for (let sequence = 1; sequence <= renames + 1; sequence += 1) {
        written.push(eventKey({ entityId: account.id, sequence }));
      }
    }
  };

  const consumer = (slots: number, by = "one", leaseMs = 10_000): Consumer =>
    createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      slots,
      leaseMs,
      batchSize: 5,
      pollIntervalMs: 5,
      onEvent: async (_, { entityId, sequence }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push({ by, entityId, sequence });
      },
    });

  const expectAllInOrder = (): void => {
    expect(seen.map(eventKey).toSorted()).toEqual(written.toSorted());
    const last = new Map<string, number>();
    for (const { entityId, sequence } of seen) {
      expect(sequence).toBe((last.get(entityId) ?? 0) + 1);
      last.set(entityId, sequence);
    }
  };
  return { Account, seen, write, consumer, expectAllInOrder };
};

const keysBy = (seen: readonly Seen[], by: string): ReadonlySet<string> =>
  new Set(seen.filter((one) => one.by === by).map(({ entityId }) => entityId));

export const consumerSlots = contractGroup("slots of consumers", {
  "every key's events go to one slot, in order": async (bench) => {
    const { write, consumer, expectAllInOrder } = await slotted(bench);
    await write(12, 3);
    await consumer(4).catchUp();
    expectAllInOrder();
    await write(5, 1);
    await consumer(4).catchUp();
    expectAllInOrder();
  },

  "slots grow once the old ones stand at one place": async (bench) => {
    const { write, consumer, expectAllInOrder } = await slotted(bench);
    for (const slots of [1, 3, 8]) {
      await write(6, 2);
      await consumer(slots).catchUp();
      expectAllInOrder();
    }
    // One that declares fewer works with as many as there are.
    await write(6, 2);
    await consumer(2).catchUp();
    expectAllInOrder();
  },

  "two processes share the slots evenly, and one that leaves gives its own back": needs(
    "several connections",
    async (bench) => {
      const { seen, write, consumer, expectAllInOrder } = await slotted(bench);
      const stops = { one: new AbortController(), other: new AbortController() };
      const one = consumer(4, "one", 600).run({ signal: stops.one.signal });
      await write(4, 0);
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(4);
      const other = consumer(4, "other", 600).run({ signal: stops.other.signal });
      // Until the newcomer has slots, all is handled by the first.
      await expect
        .poll(
          async () => {
            await write(4, 1);
            return keysBy(seen, "other").size;
          },
          { timeout: 20_000, interval: 100 },
        )
        .toBeGreaterThan(0);
      stops.one.abort();
      await one;
      const before = seen.length;
      await write(8, 1);
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + 16);
      expect(seen.slice(before).every(({ by }) => by === "other")).toBe(true);
      stops.other.abort();
      await other;
      await consumer(4).catchUp();
      expectAllInOrder();
    },
  ),

  "slots grow while processes run": needs("several connections", async (bench) => {
    const { seen, write, consumer, expectAllInOrder } = await slotted(bench);
    const stop = new AbortController();
    const runs = [consumer(1, "small", 300).run({ signal: stop.signal })];
    await write(5, 2);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(5);
    runs.push(consumer(6, "large", 300).run({ signal: stop.signal }));
    await expect
      .poll(
        async () => {
          await write(4, 2);
          return Math.min(keysBy(seen, "large").size, 3);
        },
        { timeout: 20_000, interval: 50 },
      )
      .toBe(3);
    stop.abort();
    await Promise.all(runs);
    await consumer(6).catchUp();
    expectAllInOrder();
  }),
});
