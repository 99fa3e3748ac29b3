import {
  type AnyEntity,
  createStoreConsumer,
  createStoreRepository,
  runConsumers,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineReceipt } from "../entities/receipt.ts";

/** Two topics whose events are written in turns, as `topic type position`. */
const twoTopics = async (bench: Bench) => {
  const Account = await bench.define(defineAccount);
  const Receipt = await bench.define(defineReceipt);
  const accounts = createStoreRepository(Account, bench.store);
  const receipts = createStoreRepository(Receipt, bench.store);
  const write = async (turns: number): Promise<void> => {
    const account = await accounts.create({ email: `${crypto.randomUUID()}@example.com` });
    for (let turn = 0; turn < turns; turn += 1) {
      await receipts.create(`${turn}`);
      account.rename(`${turn}`);
      await accounts.update(account);
    }
  };
  return { Account, Receipt, accounts, receipts, write };
};

const names = (...definitions: readonly AnyEntity[]): string =>
  definitions.map(({ name }) => name).join(".");

export const consumerShapes = contractGroup("the shapes of consumers", {
  "several topics arrive in one order, each with its own handlers": async (bench) => {
    const { Account, Receipt, write } = await twoTopics(bench);
    await write(5);
    const seen: { type: string; position: number }[] = [];
    const note = ({ type }: { type: string }, { position }: { position: number }) => {
      seen.push({ type, position });
    };
    await createStoreConsumer(bench.store, {
      name: names(Account, Receipt),
      topics: [Account, Receipt],
      on: {
        [Account.name]: { AccountOpened: note, Renamed: note },
        [Receipt.name]: { ReceiptIssued: note },
      },
      batchSize: 3,
    }).catchUp();
    const turns = Array.from({ length: 5 }, () => ["ReceiptIssued", "Renamed"]).flat();
    expect(seen.map(({ type }) => type)).toEqual(["AccountOpened", ...turns]);
    expect(seen).toEqual(seen.toSorted((one, other) => one.position - other.position));
  },

  "one handler may take every event of every topic": async (bench) => {
    const { Account, Receipt, write } = await twoTopics(bench);
    await write(2);
    const seen: string[] = [];
    await createStoreConsumer(bench.store, {
      name: names(Account, Receipt),
      topics: [Account, Receipt],
      onEvent: (event, { topic }) => {
        seen.push(`${topic} ${event.type}`);
      },
    }).catchUp();
    expect(seen).toEqual([
      `${Account.name} AccountOpened`,
      ...[1, 2].flatMap(() => [`${Receipt.name} ReceiptIssued`, `${Account.name} Renamed`]),
    ]);
  },

  "a handler of batches gets events in order, in one transaction": async (bench) => {
    const { Account, Receipt, receipts, write } = await twoTopics(bench);
    await write(4);
    const sizes: number[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: names(Account),
      topics: [Account],
      batch: {
        size: 2,
        handle: async (events, { tx, attempt }) => {
          expect(attempt).toBe(1);
          sizes.push(events.length);
          for (const { topic, event, meta } of events) {
            expect(topic).toBe(meta.topic);
            await receipts.create(`handled ${event.type} ${meta.sequence}`, { tx });
          }
        },
      },
    });
    await consumer.catchUp();
    expect(sizes).toEqual([2, 2, 1]);
    const { items } = await receipts.list({ first: 50 });
    const handled = items
      .map(({ state }) => state.event)
      .filter((text) => text.includes("handled"));
    expect(handled.toSorted()).toEqual([
      "handled AccountOpened 1",
      ...[2, 3, 4, 5].map((sequence) => `handled Renamed ${sequence}`),
    ]);
    expect(Receipt.name).not.toBe(Account.name);
  },

  "a batch that is not full waits for more while it runs": async (bench) => {
    const { Account, accounts } = await twoTopics(bench);
    const sizes: number[] = [];
    const stop = new AbortController();
    const running = createStoreConsumer(bench.store, {
      name: names(Account),
      topics: [Account],
      batch: { size: 3, waitMs: 30_000, handle: (events) => void sizes.push(events.length) },
      pollIntervalMs: 5,
    }).run({ signal: stop.signal });
    await accounts.create({ email: `${crypto.randomUUID()}@example.com` });
    const account = await accounts.create({ email: `${crypto.randomUUID()}@example.com` });
    account.rename("three");
    await accounts.update(account);
    await expect.poll(() => sizes, { timeout: 20_000 }).toEqual([3]);
    stop.abort();
    await running;
  },

  "only some types and keys may be read": async (bench) => {
    const { Account, accounts, write } = await twoTopics(bench);
    await write(2);
    const ada = await accounts.create({ email: `${crypto.randomUUID()}@example.com` });
    ada.rename("Countess");
    await accounts.update(ada);
    const seen: string[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: names(Account),
      topics: [Account],
      only: { types: ["Renamed"], keys: [ada.id] },
      onEvent: (event, { entityId }) => {
        seen.push(`${entityId} ${event.type}`);
      },
    });
    const position = await consumer.catchUp();
    expect(seen).toEqual([`${ada.id} Renamed`]);
    expect(await consumer.catchUp()).toBe(position);
  },

  "the checkpoint moves over what has no handler": async (bench) => {
    const { Account, write } = await twoTopics(bench);
    await write(3);
    const last: number[] = [];
    await createStoreConsumer(bench.store, {
      name: `${names(Account)}.all`,
      topics: [Account],
      onEvent: (_, { position }) => void last.push(position),
    }).catchUp();
    const idle = createStoreConsumer(bench.store, {
      name: names(Account),
      topics: [Account],
      on: { AccountSuspended: () => expect.unreachable() },
    });
    expect(await idle.catchUp()).toBeGreaterThanOrEqual(Math.max(...last));
  },

  "at least once, handlers run in no transaction and the checkpoint follows": async (bench) => {
    const { Account, receipts, write } = await twoTopics(bench);
    await write(3);
    const seen: number[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: names(Account),
      topics: [Account],
      delivery: "at-least-once",
      onEvent: async (_, { tx, sequence }) => {
        expect(tx).toBeUndefined();
        seen.push(sequence);
        // On its own, at once.
        await receipts.create(`outside ${sequence}`);
      },
    });
    await consumer.catchUp();
    await consumer.catchUp();
    expect(seen).toEqual([1, 2, 3, 4]);
  },

  "many consumers run in one process, and one that fails ends the others": async (bench) => {
    const { Account, write } = await twoTopics(bench);
    const counts = [0, 0, 0];
    const consumers = counts.map((_, at) =>
      createStoreConsumer(bench.store, {
        name: `${names(Account)}.${at}`,
        topics: [Account],
        onEvent: () => {
          counts[at] = (counts[at] ?? 0) + 1;
        },
        pollIntervalMs: 5,
      }),
    );
    const stop = new AbortController();
    const running = runConsumers(consumers, { signal: stop.signal, concurrency: 1 });
    await write(3);
    await expect.poll(() => counts, { timeout: 20_000 }).toEqual([4, 4, 4]);
    stop.abort();
    await running;

    const other = createStoreConsumer(bench.store, {
      name: `${names(Account)}.0`,
      topics: [await bench.define(defineReceipt)],
      onEvent: () => {},
    });
    await expect(
      runConsumers([...consumers.slice(1), other], { signal: new AbortController().signal }),
    ).rejects.toMatchObject({ code: "ANNALS_CONSUMER_CHANGED" });
  },

  "a consumer stops within its time, whatever its handler does": needs(
    "several connections",
    async (bench) => {
      const { Account, write } = await twoTopics(bench);
      await write(0);
      let begun = 0;
      const options = {
        name: names(Account),
        topics: [Account],
        stopTimeoutMs: 50,
      } as const;
      const stop = new AbortController();
      const hanging = createStoreConsumer(bench.store, {
        ...options,
        onEvent: () => {
          begun += 1;
          return new Promise(() => {});
        },
      }).run({ signal: stop.signal });
      await expect.poll(() => begun, { timeout: 20_000 }).toBe(1);
      const stopped = performance.now();
      stop.abort();
      await hanging;
      expect(performance.now() - stopped).toBeLessThan(5_000);
      // Nothing of it was kept.
      const seen: string[] = [];
      await createStoreConsumer(bench.store, {
        ...options,
        onEvent: ({ type }) => void seen.push(type),
      }).catchUp();
      expect(seen).toEqual(["AccountOpened"]);
    },
  ),
});
