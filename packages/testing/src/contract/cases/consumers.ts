import { ConsumerChangedError, createStoreConsumer } from "@annals/core";
import { expect } from "vitest";
import { contractGroup, needs } from "../contract-case.ts";
import { defineReceipt } from "../entities/receipt.ts";
import { eventKey, expectOnceInOrder, followAccounts, impostor } from "../followed.ts";
import { thrownBy } from "../thrown-by.ts";

export const consumers = contractGroup("consumers", {
  "a new consumer sees every event from the beginning, in order": async (bench) => {
    const { accounts, consumer, deliveries, write } = await followAccounts(bench);
    const before = new Date(Date.now() - 60_000);
    const events = await write(3, 2);
    await consumer().catchUp();
    expectOnceInOrder(deliveries, events);
    const [first] = deliveries;
    const opened = await accounts.findById(first?.entityId ?? "");
    expect(first?.event).toEqual(opened.history[0]);
    expect(first?.attempt).toBe(1);
    expect(first?.recordedAt.getTime()).toBeGreaterThan(before.getTime());
  },

  "a topic without events ends at once": async (bench) => {
    const { consumer, deliveries } = await followAccounts(bench);
    await consumer().catchUp();
    expect(deliveries).toEqual([]);
  },

  "batches of every size bring the same events": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(4, 3);
    for (const batchSize of [1, 2, 5, 16, 17, 1_000]) {
      deliveries.length = 0;
      await consumer({
        name: `${Account.name}.${batchSize}`,
        batchSize,
      }).catchUp();
      expectOnceInOrder(deliveries, events);
      const batches = Map.groupBy(deliveries, ({ tx }) => tx);
      for (const batch of batches.values()) expect(batch.length).toBeLessThanOrEqual(batchSize);
    }
  },

  "the checkpoint outlives the consumer object": async (bench) => {
    const { consumer, deliveries, write } = await followAccounts(bench);
    const first = await write(2, 1);
    const position = await consumer().catchUp();
    expect(position).toBeGreaterThanOrEqual(deliveries.at(-1)?.position ?? Number.NaN);
    expect(await consumer().catchUp()).toBe(position);
    expect(deliveries).toHaveLength(first.length);
    const second = await write(2, 1);
    await consumer().catchUp();
    expectOnceInOrder(deliveries, [...first, ...second]);
  },

  "consumers of different names have checkpoints of their own": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(2, 1);
    await consumer({ name: `${Account.name}.one` }).catchUp();
    await consumer({ name: `${Account.name}.two` }).catchUp();
    expect(deliveries.map(eventKey)).toHaveLength(2 * events.length);
  },

  "event types without a handler are passed over": async (bench) => {
    const { Account, accounts, write } = await followAccounts(bench);
    await write(2, 3);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.suspend("gone");
    await accounts.update(ada);
    const seen: string[] = [];
    const only = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      on: {
        AccountSuspended: ({ reason }, { entityId, topic }) => {
          seen.push(`${topic} ${entityId} ${reason}`);
        },
      },
      batchSize: 2,
    });
    const position = await only.catchUp();
    expect(seen).toEqual([`${Account.name} ${ada.id} gone`]);
    expect(await only.catchUp()).toBe(position);
    expect(seen).toHaveLength(1);
  },

  "several events of one append are all delivered": async (bench) => {
    const { accounts, consumer, deliveries } = await followAccounts(bench);
    const ada = await accounts.create({ email: "ada@example.com" });
    for (let at = 0; at < 50; at += 1) ada.rename(`${at}`);
    await accounts.update(ada);
    await consumer({ batchSize: 7 }).catchUp();
    expect(deliveries.map(({ event }) => event)).toEqual(ada.history);
  },

  "what was rolled back or refused is never delivered": async (bench) => {
    const { accounts, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(1, 1);
    const rolledBack = bench.transaction(async (tx) => {
      await accounts.create({ email: "ghost@example.com" }, { tx });
      throw new Error("rolls back");
    });
    await thrownBy(rolledBack, Error);
    await accounts.create({ email: "ada@example.com" }).then(({ id }) => {
      events.push(eventKey({ entityId: id, sequence: 1 }));
    });
    await thrownBy(accounts.create({ email: "ada@example.com" }), Error);
    await consumer().catchUp();
    expectOnceInOrder(deliveries, events);
  },

  "a name is bound to its topics": async (bench) => {
    const { Account, consumer, write } = await followAccounts(bench);
    await write(1, 0);
    await consumer().catchUp();
    const Other = await bench.define(defineReceipt);
    const changed = impostor(bench, Account.name, Other).catchUp();
    const error = await thrownBy(changed, ConsumerChangedError);
    expect(error.consumer).toBe(Account.name);
    await consumer().catchUp();
  },

  "it follows what is written while it runs, and stops when it is told": async (bench) => {
    const { consumer, deliveries, write } = await followAccounts(bench);
    const stop = new AbortController();
    const running = consumer().run({ signal: stop.signal });
    const events = [...(await write(2, 1)), ...(await write(1, 2))];
    await expect.poll(() => deliveries.length, { timeout: 20_000 }).toBe(events.length);
    stop.abort();
    await running;
    expectOnceInOrder(deliveries, events);
    const later = await write(1, 0);
    expect(deliveries).toHaveLength(events.length);
    await consumer().catchUp();
    expectOnceInOrder(deliveries, [...events, ...later]);
  },

  "told to stop, it finishes the batch in hand": async (bench) => {
    const { Account, consumer, deliveries, issued, issueReceipt, write } =
      await followAccounts(bench);
    const events = await write(2, 4);
    const stop = new AbortController();
    const stopping = consumer({
      batchSize: 3,
      handle: async (delivery) => {
        stop.abort();
        await issueReceipt(delivery);
      },
    });
    await stopping.run({ signal: stop.signal });
    expect(deliveries).toHaveLength(3);
    expect(await issued()).toHaveLength(3);
    await consumer().catchUp();
    expectOnceInOrder(deliveries, events);
    const ended = AbortSignal.abort();
    await consumer({ name: `${Account.name}.ended` }).run({ signal: ended });
    expect(deliveries).toHaveLength(events.length);
  },

  "an event that commits late is not lost": needs("several connections", async (bench) => {
    const { accounts, consumer, deliveries, write } = await followAccounts(bench);
    const stop = new AbortController();
    const running = consumer().run({ signal: stop.signal });
    const events = await write(1, 0);
    const late = await bench.transaction(async (tx) => {
      const created = await accounts.create({ email: "late@example.com" }, { tx });
      const bob = await accounts.create({ email: "early@example.com" }, { tx: "none" });
      events.push(eventKey({ entityId: bob.id, sequence: 1 }));
      // Long enough for the consumer to look several times.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return created;
    });
    events.push(eventKey({ entityId: late.id, sequence: 1 }));
    await expect.poll(() => deliveries.length, { timeout: 20_000 }).toBe(events.length);
    stop.abort();
    await running;
    expectOnceInOrder(deliveries, events);
  }),
});
