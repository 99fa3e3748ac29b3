import {
  createStoreConsumer,
  createStoreState,
  InvalidArgumentError,
  InvalidDefinitionError,
  jsonDate,
  StateError,
} from "@annals/core";
import { expect } from "vitest";
import * as z from "zod";
import type { Bench, OpaqueTx } from "../bench.ts";
import { contractGroup, needs } from "../contract-case.ts";
import { defineOrderFeed, paid, placed } from "../entities/order-feed.ts";
import { followFeed } from "../followed-feed.ts";
import { thrownBy } from "../thrown-by.ts";

const schema = z.object({ count: z.int(), at: jsonDate().optional() });

let opened = 0;

const openState = (bench: Bench) => {
  opened += 1;
  const name = `state-${opened}-${crypto.randomUUID()}`;
  const state = createStoreState(bench.store, { name, schema });
  const read = (key: string) => bench.transaction((tx) => state.get(key, { tx }));
  return { name, state, read };
};

const second = (n: number) => new Date(Date.UTC(2024, 0, 1, 0, 0, n));

export const keyedState = contractGroup("state that consumers keep by key", {
  "is what was set last": async (bench) => {
    const { state, read } = openState(bench);
    expect(await read("a")).toBeUndefined();
    const at = second(1);
    await bench.transaction(async (tx) => {
      await state.set("a", { count: 1 }, { tx });
      await state.set("a", { count: 2, at }, { tx });
      await state.set("b", { count: 3 }, { tx });
      expect(await state.get("a", { tx })).toEqual({ count: 2, at });
    });
    expect(await read("a")).toEqual({ count: 2, at });
    await bench.transaction(async (tx) => {
      expect(await state.delete("a", { tx })).toBe(true);
      expect(await state.delete("a", { tx })).toBe(false);
      expect(await state.get("a", { tx })).toBeUndefined();
    });
    expect(await read("a")).toBeUndefined();
    expect(await read("b")).toEqual({ count: 3 });
  },

  "belongs to its name": async (bench) => {
    const one = openState(bench);
    const other = openState(bench);
    await bench.transaction((tx) => one.state.set("a", { count: 1 }, { tx }));
    expect(await other.read("a")).toBeUndefined();
    const again = createStoreState(bench.store, { name: one.name, schema });
    expect(await bench.transaction((tx) => again.get("a", { tx }))).toEqual({ count: 1 });
  },

  "goes back with its transaction": async (bench) => {
    const { state, read } = openState(bench);
    await bench.transaction((tx) => state.set("a", { count: 1 }, { tx }));
    const rolledBack = bench.transaction(async (tx) => {
      await state.set("a", { count: 2 }, { tx });
      await state.set("b", { count: 2 }, { tx });
      throw new Error("rolls back");
    });
    await thrownBy(rolledBack, Error);
    expect([await read("a"), await read("b")]).toEqual([{ count: 1 }, undefined]);
  },

  "goes back with a savepoint": async (bench) => {
    const { state, read } = openState(bench);
    await bench.transaction(async (tx) => {
      await state.set("a", { count: 1 }, { tx });
      const savepoint = tx.savepoint(async (inner) => {
        await state.set("a", { count: 2 }, { tx: inner });
        throw new Error("rolls back");
      });
      await thrownBy(savepoint, Error);
      expect(await state.get("a", { tx })).toEqual({ count: 1 });
    });
    expect(await read("a")).toEqual({ count: 1 });
  },

  "is taken when it is due, the earliest first, and once": async (bench) => {
    const { state, read } = openState(bench);
    await bench.transaction(async (tx) => {
      for (const n of [3, 1, 2, 5]) {
        await state.set(`k${n}`, { count: n }, { tx, until: second(n) });
      }
      await state.set("for ever", { count: 0 }, { tx });
      await state.set("k2", { count: 2 }, { tx });
    });
    const take = (n: number, limit?: number) =>
      bench.transaction((tx) => state.takeDue(second(n), { tx, ...(limit && { limit }) }));
    expect(await take(0)).toEqual([]);
    expect(await take(3, 1)).toEqual([{ key: "k1", value: { count: 1 } }]);
    expect(await take(4)).toEqual([{ key: "k3", value: { count: 3 } }]);
    expect(await take(4)).toEqual([]);
    expect(await read("k3")).toBeUndefined();
    expect(await read("k2")).toEqual({ count: 2 });
    // What is not due yet is there, and so is what nobody has taken.
    expect(await read("k5")).toEqual({ count: 5 });
  },

  "refuses what its schema does not take": async (bench) => {
    const { name, state, read } = openState(bench);
    const set = (value: unknown) =>
      bench.transaction((tx) => state.set("a", value as { count: number }, { tx }));
    for (const value of [{ count: 1.5 }, { count: 1, more: 1 }, {}, null]) {
      await thrownBy(set(value), StateError);
    }
    expect(await read("a")).toBeUndefined();
    const wider = createStoreState(bench.store, { name, schema: z.object({ label: z.string() }) });
    await bench.transaction((tx) => wider.set("a", { label: "secret" }, { tx }));
    const error = await thrownBy(read("a"), StateError);
    expect(error.message).not.toContain("secret");
    expect(error).toMatchObject({ state: name, key: "a", does: "read" });
  },

  "refuses keys, times and limits that it cannot use": async (bench) => {
    const { state } = openState(bench);
    const inTransaction = (work: (tx: OpaqueTx) => Promise<unknown>) =>
      thrownBy(bench.transaction(work), InvalidArgumentError);
    for (const key of ["", "a".repeat(501), "a\u0000", "\ud800"]) {
      await inTransaction((tx) => state.get(key, { tx }));
      await inTransaction((tx) => state.set(key, { count: 1 }, { tx }));
      await inTransaction((tx) => state.delete(key, { tx }));
    }
    const never = new Date(Number.NaN);
    await inTransaction((tx) => state.set("a", { count: 1 }, { tx, until: never }));
    await inTransaction((tx) => state.takeDue(never, { tx }));
    for (const limit of [0, 0.5, 10_001]) {
      await inTransaction((tx) => state.takeDue(second(1), { tx, limit }));
    }
    const { store } = bench;
    expect(() => createStoreState(store, { name: "two words", schema })).toThrow(
      InvalidDefinitionError,
    );
    const dated = z.object({ at: z.date() });
    expect(() => createStoreState(store, { name: "x", schema: dated })).toThrow(
      InvalidDefinitionError,
    );
    expect(() => createStoreState(store, { name: "x", schema: z.string() as never })).toThrow(
      InvalidDefinitionError,
    );
  },

  "is changed by one transaction at a time": needs("several connections", async (bench) => {
    const { state, read } = openState(bench);
    const count = () =>
      bench.transaction(async (tx) => {
        const { count: before } = (await state.get("a", { tx })) ?? { count: 0 };
        await state.set("a", { count: before + 1 }, { tx });
      });
    // A store that does not wait refuses instead, and the loser tries again.
    const untilDone = async (): Promise<void> => count().catch(untilDone);
    await Promise.all(Array.from({ length: 12 }, untilDone));
    expect(await read("a")).toEqual({ count: 12 });
  }),

  "joins two kinds of events, whichever comes first, and once": async (bench) => {
    const { definition, topic } = await followFeed(bench, defineOrderFeed);
    const { state } = openState(bench);
    const joined: string[] = [];
    let failures = 1;
    const halves = createStoreConsumer(bench.store, {
      name: definition.name,
      topics: [definition],
      batchSize: 2,
      onEvent: async (_event, { key, tx }) => {
        const half = await state.get(key, { tx });
        if (half === undefined) return state.set(key, { count: 1 }, { tx });
        await state.delete(key, { tx });
        joined.push(key);
        if (key === "o-2" && failures-- > 0) throw new Error("once");
      },
    });
    const events = [
      placed("o-1"),
      placed("o-2"),
      paid("o-2"),
      paid("o-3"),
      paid("o-1"),
      placed("o-3"),
    ];
    await topic.publishAll(events.map((event) => ({ event })));
    await halves.catchUp();
    // The state went back with the batch that failed.
    expect(joined).toEqual(["o-2", "o-2", "o-1", "o-3"]);
  },
});
