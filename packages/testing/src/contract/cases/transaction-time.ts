import { createStoreConsumer, createStoreRepository } from "@annals/core";
import { expect } from "vitest";
import { ManualClock } from "../../manual-clock.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";

export const transactionTime = contractGroup("the time of a transaction", {
  "a transaction has one time": async (bench) => {
    const start = new Date("2031-01-01T00:00:00.000Z");
    const clock = new ManualClock(start);
    await bench.transaction(
      async (tx) => {
        expect(tx.now).toEqual(start);
        tx.now.setFullYear(1999);
        await clock.advance(1_000);
        await tx.savepoint(async (inner) => expect(inner.now).toEqual(start));
        expect(tx.now).toEqual(start);
      },
      { clock },
    );
    const before = Date.now();
    const began = await bench.transaction(async (tx) => tx.now.getTime());
    expect(began).toBeGreaterThanOrEqual(before);
    expect(began).toBeLessThanOrEqual(Date.now());
  },

  "its events are recorded with the time of the clock it was given": async (bench) => {
    const definition = await bench.define(defineAccount);
    const accounts = createStoreRepository(definition, bench.store);
    const start = new Date("2031-01-01T00:00:00.000Z");
    const clock = new ManualClock(start);
    await bench.transaction(
      async (tx) => {
        await accounts.create({ email: "a@example.com" }, { tx });
        await clock.advance(1_000);
        await tx.savepoint((inner) => accounts.create({ email: "b@example.com" }, { tx: inner }));
      },
      { clock },
    );
    const times: Date[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: `times-of-${definition.name}`,
      topics: [definition],
      on: { AccountOpened: (_, { recordedAt }) => void times.push(recordedAt) },
    });
    await consumer.catchUp();
    expect(times).toEqual([start, start]);
  },
});
