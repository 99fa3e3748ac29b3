import { createStoreConsumer, createStoreRepository } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";

class Broken extends Error {}

export const besideDeadLetters = contractGroup("beside dead letters", {
  "batches are split until the culprits stand alone": async (bench) => {
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    const ids: string[] = [];
    for (let at = 0; at < 20; at += 1) {
      ids.push((await accounts.create({ email: `${crypto.randomUUID()}@example.com` })).id);
    }
    const bad = [ids[6], ids[13]];
    const kept: string[] = [];
    await createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      retry: { attempts: 1 },
      batch: {
        size: 16,
        handle: (events) => {
          const keys = events.map(({ meta }) => meta.entityId);
          if (keys.some((key) => bad.includes(key))) throw new Broken("one of them");
          kept.push(...keys);
        },
      },
    }).catchUp();
    expect(kept).toEqual(ids.filter((id) => !bad.includes(id)));
    const letters = await bench.store.consumers().deadLetters({ consumer: Account.name });
    expect(letters.map(({ key }) => key)).toEqual(bad);
  },

  "outside of a transaction, what was handled before a failure is not repeated": async (bench) => {
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    const ids: string[] = [];
    for (let at = 0; at < 6; at += 1) {
      ids.push((await accounts.create({ email: `${crypto.randomUUID()}@example.com` })).id);
    }
    const seen: string[] = [];
    await createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      delivery: "at-least-once",
      retry: { attempts: 1 },
      onEvent: (_, { entityId }) => {
        if (entityId === ids[3]) throw new Broken("the fourth");
        seen.push(entityId);
      },
    }).catchUp();
    expect(seen).toEqual(ids.filter((id) => id !== ids[3]));
  },

  "a slot with too many held keys waits": async (bench) => {
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    for (let at = 0; at < 8; at += 1) {
      await accounts.create({ email: `${crypto.randomUUID()}@example.com` });
    }
    const seen = new Set<string>();
    const stop = new AbortController();
    const running = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      retry: { attempts: 1 },
      maxHeldKeys: 3,
      batchSize: 1,
      pollIntervalMs: 5,
      onEvent: (_, { entityId }) => {
        seen.add(entityId);
        throw new Broken("everything");
      },
    }).run({ signal: stop.signal });
    await expect.poll(() => seen.size, { timeout: 20_000 }).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    await running;
    expect(seen.size).toBe(3);
  },
});
