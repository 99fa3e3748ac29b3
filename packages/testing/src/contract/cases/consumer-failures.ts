import { HandlerFailedError } from "@annals/core";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { contractGroup, needs } from "../contract-case.ts";
import { eventKey, expectOnceInOrder, followAccounts } from "../followed.ts";
import { thrownBy } from "../thrown-by.ts";

class Broken extends Error {}

export const consumerFailures = contractGroup("consumers that fail or compete", {
  "effects through the transaction commit with the checkpoint": async (bench) => {
    const { consumer, issued, issueReceipt, write } = await followAccounts(bench);
    const events = await write(3, 2);
    await consumer({ batchSize: 4, handle: issueReceipt }).catchUp();
    expect(await issued()).toEqual(events.toSorted());
    await consumer({ handle: issueReceipt }).catchUp();
    expect(await issued()).toEqual(events.toSorted());
  },

  "a handler that throws rolls back its batch, which is repeated without the event": async (
    bench,
  ) => {
    const { Account, consumer, deliveries, issued, issueReceipt, write } =
      await followAccounts(bench);
    const events = await write(3, 2);
    let broken: string | undefined;
    const cause = new Broken("the sixth event fails");
    const failing = consumer({
      batchSize: 4,
      handle: async (delivery) => {
        await issueReceipt(delivery);
        if (deliveries.length === 6) broken = eventKey(delivery);
        if (eventKey(delivery) === broken) throw cause;
      },
    });
    const error = await thrownBy(failing.catchUp(), HandlerFailedError);
    const failed = deliveries[5];
    expect(error.cause).toBe(cause);
    expect(error.consumer).toBe(Account.name);
    expect(error.topic).toBe(Account.name);
    expect(error.id).toBe(failed?.entityId);
    expect(error.sequence).toBe(failed?.sequence);
    expect(error.position).toBe(failed?.position);
    const kept = deliveries.slice(0, 5);
    expect(await issued()).toEqual(kept.map(eventKey).toSorted());

    broken = "nothing";
    const again = deliveries.length;
    await failing.catchUp();
    expectOnceInOrder([...kept, ...deliveries.slice(again)], events);
    expect(await issued()).toEqual(events.toSorted());
  },

  "a handler that always throws never moves the checkpoint": async (bench) => {
    const { consumer, deliveries, write } = await followAccounts(bench);
    await write(1, 1);
    const failing = consumer({
      handle: () => {
        throw new Broken("always");
      },
    });
    for (let turn = 0; turn < 3; turn += 1) {
      await thrownBy(failing.catchUp(), HandlerFailedError);
      const stop = new AbortController();
      await thrownBy(failing.run({ signal: stop.signal }), HandlerFailedError);
    }
    expect(new Set(deliveries.map(eventKey)).size).toBe(1);
  },

  "entities written in a batch that failed are given back": async (bench) => {
    const { accounts, consumer, write } = await followAccounts(bench);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.rename("Countess");
    await write(1, 0);
    const failing = consumer({
      handle: async ({ tx }) => {
        await accounts.update(ada, { tx });
        throw new Broken("after the write");
      },
    });
    await thrownBy(failing.catchUp(), HandlerFailedError);
    expect(ada.version).toBe(1);
    expect(await accounts.update(ada)).toBe(1);
    expect((await accounts.findById(ada.id)).version).toBe(2);
  },

  "two consumers of one name do not double effects": needs("several connections", async (bench) => {
    const { consumer, deliveries, issued, issueReceipt, write } = await followAccounts(bench);
    const events = await write(5, 7);
    const competitors = [3, 3, 5, 1].map((batchSize) =>
      consumer({
        batchSize,
        handle: async (delivery) => {
          await issueReceipt(delivery);
          await new Promise((resolve) => setTimeout(resolve, 1));
        },
      }),
    );
    const positions = await Promise.all(competitors.map((one) => one.catchUp()));
    const last = Math.max(...deliveries.map(({ position }) => position));
    for (const position of positions) expect(position).toBeGreaterThanOrEqual(last);
    expect(await issued()).toEqual(events.toSorted());
  }),

  "a handler that loses a race is repeated, and told so": needs(
    "several connections",
    async (bench) => {
      const { accounts, consumer, deliveries, issued, issueReceipt, write } =
        await followAccounts(bench);
      const [event] = await write(1, 0);
      const bob = await accounts.create({ email: "bob@example.com" });
      const rename = async (name: string, tx: OpaqueTx | "none", read: typeof bob) => {
        read.rename(name);
        await accounts.update(read, { tx });
      };
      const racing = consumer({
        handle: async (delivery) => {
          if (delivery.sequence > 1 || delivery.entityId === bob.id) return;
          await issueReceipt(delivery);
          const copy = await accounts.findById(bob.id, { tx: delivery.tx });
          if (delivery.attempt === 1) await rename("Outside", "none", bob);
          await rename("Inside", delivery.tx, copy);
        },
      });
      await racing.catchUp();
      const attempts = deliveries.filter((one) => eventKey(one) === event);
      expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(await issued()).toEqual([event]);
      const names = (await accounts.findById(bob.id)).history.slice(1);
      expect(names).toEqual(["Outside", "Inside"].map((name) => ({ type: "Renamed", name })));
    },
  ),

  "a consumer that was overtaken goes on behind the other": async (bench) => {
    const { consumer, deliveries, write } = await followAccounts(bench);
    const first = await write(1, 1);
    const slow = consumer();
    await slow.catchUp();
    const second = await write(1, 1);
    await consumer().catchUp();
    const third = await write(1, 1);
    await slow.catchUp();
    expectOnceInOrder(deliveries, [...first, ...second, ...third]);
  },
});
