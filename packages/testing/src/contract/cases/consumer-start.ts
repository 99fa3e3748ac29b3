import { createStoreConsumer, type StartPlace } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup, needs } from "../contract-case.ts";
import { type Delivery, eventKey, followAccounts } from "../followed.ts";

/** A new consumer of the accounts under a name of its own, that starts somewhere. */
const starting = (
  bench: Bench,
  { Account, name }: { readonly Account: Followed["Account"]; readonly name: string },
  start: StartPlace,
) => {
  const seen: string[] = [];
  const consumer = createStoreConsumer(bench.store, {
    ...{ name, start, pollIntervalMs: 10 },
    topics: [Account],
    onEvent: (_, { entityId, sequence }) => void seen.push(`${entityId}/${sequence}`),
  });
  return { consumer, seen };
};

type Followed = Awaited<ReturnType<typeof followAccounts>>;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

export const consumerStart = contractGroup("where consumers start", {
  "from now, what was recorded before is not handled, and whatever comes is": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    await write(3, 1);
    const { consumer, seen } = starting(bench, { Account, name: `${Account.name}.now` }, "now");
    await consumer.catchUp();
    expect(seen).toEqual([]);
    const later = await write(2, 1);
    await consumer.catchUp();
    expect(seen.toSorted()).toEqual(later.toSorted());
  },

  "from a time, it begins with the first event recorded at or after it": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    await write(2, 1);
    await pause();
    const later = await write(2, 1);
    await consumer().catchUp();
    const [first] = deliveries.filter((one) => later.includes(eventKey(one))) as [Delivery];
    const from = starting(
      bench,
      { Account, name: `${Account.name}.time` },
      { time: first.recordedAt },
    );
    await from.consumer.catchUp();
    expect(from.seen.toSorted()).toEqual(later.toSorted());
    const future = new Date(Date.now() + 3_600_000);
    const after = starting(bench, { Account, name: `${Account.name}.later` }, { time: future });
    await after.consumer.catchUp();
    expect(after.seen).toEqual([]);
  },

  "from a position, it begins right after it": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    await write(2, 2);
    await consumer().catchUp();
    const { position } = deliveries[2] as Delivery;
    const from = starting(bench, { Account, name: `${Account.name}.position` }, { position });
    await from.consumer.catchUp();
    expect(from.seen).toEqual(deliveries.slice(3).map(eventKey));
  },

  "a position that was not given out is refused, and nothing is registered": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    await write(1, 0);
    const name = `${Account.name}.beyond`;
    const { consumer } = starting(bench, { Account, name }, { position: 2 ** 40 });
    await expect(consumer.catchUp()).rejects.toMatchObject({ code: "ANNALS_CONSUMER_START" });
    expect((await bench.store.consumers().list()).some((one) => one.name === name)).toBe(false);
  },

  "beside another consumer, it has its checkpoint and what it holds": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    const events = await write(2, 1);
    const [bad] = events as [string];
    const failing = consumer({
      onFailure: "hold",
      handle: (delivery) => {
        if (eventKey(delivery) === bad) throw new Error("not this one");
      },
    });
    await failing.catchUp();
    const held = deliveries.filter((one) => eventKey(one) !== bad).map(eventKey);
    expect(held).toHaveLength(2);
    const later = await write(1, 0);
    const name = `${Account.name}.beside`;
    const beside = starting(bench, { Account, name }, { consumer: Account.name });
    await beside.consumer.catchUp();
    expect(beside.seen).toEqual(later);
    await bench.store.consumers().redrive({ consumer: name });
    await beside.consumer.catchUp();
    expect(beside.seen.toSorted()).toEqual(
      [...later, ...events.filter((one) => !held.includes(one))].toSorted(),
    );
  },

  "there has to be such a consumer, of the same topics": async (bench) => {
    const one = await followAccounts(bench);
    const other = await followAccounts(bench);
    await one.consumer().catchUp();
    const { Account } = other;
    const named = { Account, name: `${Account.name}.beside` };
    for (const consumer of ["nobody", one.Account.name]) {
      await expect(starting(bench, named, { consumer }).consumer.catchUp()).rejects.toMatchObject({
        code: "ANNALS_CONSUMER_START",
      });
    }
  },

  "it says nothing once the consumer is registered": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    const named = { Account, name: `${Account.name}.again` };
    await starting(bench, named, "now").consumer.catchUp();
    const events = await write(2, 0);
    const again = starting(bench, named, "now");
    await again.consumer.catchUp();
    expect(again.seen.toSorted()).toEqual(events.toSorted());
  },

  "many processes that start it at once agree": needs("several connections", async (bench) => {
    const { Account, write } = await followAccounts(bench);
    await write(2, 0);
    const named = { Account, name: `${Account.name}.many` };
    const stop = new AbortController();
    const processes = Array.from({ length: 5 }, () => starting(bench, named, "now"));
    const running = processes.map(({ consumer }) => consumer.run({ signal: stop.signal }));
    const registered = async () =>
      (await bench.store.consumers().list()).some(({ name }) => name === named.name);
    await expect.poll(registered, { timeout: 20_000 }).toBe(true);
    const events = await write(3, 1);
    const seen = () => processes.flatMap((one) => one.seen).toSorted();
    await expect.poll(() => seen().length, { timeout: 20_000 }).toBe(events.length);
    stop.abort();
    await Promise.all(running);
    expect(seen()).toEqual(events.toSorted());
  }),

  "a reset goes to a time, to now, or to where another consumer is": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    await write(2, 0);
    await pause();
    const later = await write(2, 0);
    await consumer().catchUp();
    const admin = bench.store.consumers();
    const [first] = deliveries.filter((one) => later.includes(eventKey(one))) as [Delivery];
    deliveries.length = 0;
    expect(await admin.reset(Account.name, { time: first.recordedAt })).toBe(true);
    await consumer().catchUp();
    expect(deliveries.map(eventKey).toSorted()).toEqual(later.toSorted());
    await consumer({ name: `${Account.name}.other` }).catchUp();
    deliveries.length = 0;
    await admin.reset(Account.name, "beginning");
    await admin.reset(Account.name, { consumer: `${Account.name}.other` });
    await consumer().catchUp();
    await admin.reset(Account.name, 0);
    await write(1, 0);
    await admin.reset(Account.name, "now");
    await consumer().catchUp();
    expect(deliveries).toEqual([]);
    const beyond = admin.reset(Account.name, 2 ** 40);
    await expect(beyond).rejects.toMatchObject({ code: "ANNALS_CONSUMER_START" });
    expect(await admin.reset("nobody", "now")).toBe(false);
  },
});
