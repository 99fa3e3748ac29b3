import {
  createStoreRepository,
  EntityNotFoundError,
  InvalidArgumentError,
  StoredEventError,
  toConnection,
} from "@annals/core";
import { model } from "@annals/core/adapter";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { clockThat } from "../clock-that.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

/** An account with this many events, recorded a minute apart. */
const withEvents = async (bench: Bench, count: number) => {
  let minute = 0;
  const clock = clockThat(() => new Date(Date.UTC(2024, 0, 1, 12, minute)));
  const accounts = await bench.repository(defineAccount, { clock });
  const account = await accounts.create({ email: "ada@example.com" });
  await accounts.create({ email: "bob@example.com" });
  for (minute = 1; minute < count; minute += 1) {
    account.rename(`name ${minute + 1}`);
    await accounts.update(account);
  }
  return { accounts, account };
};

export const history = contractGroup("history", {
  "has every event with its sequence, position, time and context": async (bench) => {
    const { accounts, account } = await withEvents(bench, 3);
    const { items, hasNextPage, hasPreviousPage } = await accounts.history(account.id);
    expect(items.map(({ event }) => event)).toEqual(account.history);
    expect(items.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(items.map(({ recordedAt }) => recordedAt.toISOString())).toEqual([
      "2024-01-01T12:00:00.000Z",
      "2024-01-01T12:01:00.000Z",
      "2024-01-01T12:02:00.000Z",
    ]);
    const positions = items.map(({ position }) => position);
    expect(positions.every(Number.isSafeInteger)).toBe(true);
    expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other));
    expect([hasNextPage, hasPreviousPage]).toEqual([false, false]);
  },

  "has the context that was stored": async (bench) => {
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    const account = await accounts.create({ email: "ada@example.com" });
    const context = { correlationId: "c-1", nested: { a: [1, null] } };
    await bench.store.entity(Account.plan).write(
      {
        id: account.id,
        expectedVersion: 1,
        events: [{ type: "Renamed", version: 1, body: { type: "Renamed", name: "B" } }],
        columns: ["ada@example.com", null, null, "active"],
        context,
      },
      undefined,
    );
    const { items } = await accounts.history(account.id);
    expect(items.map((item) => item.context)).toEqual([null, context]);
  },

  "pages from either end, in either direction": async (bench) => {
    const { accounts, account } = await withEvents(bench, 7);
    const page = async (options: Parameters<typeof accounts.history>[1]) => {
      const { items, hasPreviousPage, hasNextPage } = await accounts.history(account.id, options);
      return [hasPreviousPage, items.map(({ sequence }) => sequence), hasNextPage];
    };
    expect(await page({ first: 3 })).toEqual([false, [1, 2, 3], true]);
    expect(await page({ first: 3, after: 3 })).toEqual([true, [4, 5, 6], true]);
    expect(await page({ first: 3, after: "6" })).toEqual([true, [7], false]);
    expect(await page({ first: 3, after: 7 })).toEqual([true, [], false]);
    expect(await page({ last: 2 })).toEqual([true, [6, 7], false]);
    expect(await page({ last: 2, before: 3 })).toEqual([false, [1, 2], true]);
    expect(await page({ after: 2, before: 5 })).toEqual([true, [3, 4], false]);
    const direction = "desc";
    expect(await page({ direction, first: 3 })).toEqual([false, [7, 6, 5], true]);
    expect(await page({ direction, first: 3, after: 5 })).toEqual([true, [4, 3, 2], true]);
    expect(await page({ direction, last: 2 })).toEqual([true, [2, 1], false]);
    expect(await page({ direction, last: 2, before: 4 })).toEqual([true, [6, 5], true]);
  },

  "cursors go on where a page ended, also as a connection's": async (bench) => {
    const { accounts, account } = await withEvents(bench, 4);
    const first = await accounts.history(account.id, { first: 2 });
    expect([first.startCursor, first.endCursor, first.cursorAt(1), first.cursorAt(2)]).toEqual([
      ...["1", "2", "2", undefined],
    ]);
    const { edges, pageInfo } = toConnection(
      await accounts.history(account.id, { after: first.endCursor }),
    );
    expect(edges.map(({ node, cursor }) => [node.sequence, cursor])).toEqual([
      [3, "3"],
      [4, "4"],
    ]);
    expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true, endCursor: "4" });
  },

  "is walked event by event, in either direction": async (bench) => {
    const { accounts, account } = await withEvents(bench, 5);
    const walked = async (options?: Parameters<typeof accounts.eachEvent>[1]) => {
      const sequences: number[] = [];
      for await (const { sequence } of accounts.eachEvent(account.id, options)) {
        sequences.push(sequence);
      }
      return sequences;
    };
    expect(await walked()).toEqual([1, 2, 3, 4, 5]);
    expect(await walked({ first: 2, after: 1 })).toEqual([2, 3, 4, 5]);
    expect(await walked({ first: 2, direction: "desc" })).toEqual([5, 4, 3, 2, 1]);
    const missing = accounts.eachEvent(crypto.randomUUID());
    await thrownBy(missing[Symbol.asyncIterator]().next(), EntityNotFoundError);
  },

  "of no entity is an error, of an id that nobody can have as well": async (bench) => {
    const { accounts } = await withEvents(bench, 1);
    for (const id of [crypto.randomUUID(), "garbage"]) {
      const error = await thrownBy(accounts.history(id), EntityNotFoundError);
      expect(error.columns).toEqual(["id"]);
      expect(error.values).toEqual([id]);
    }
  },

  "reads what its transaction wrote": async (bench) => {
    const { accounts, account } = await withEvents(bench, 1);
    account.rename("B");
    await bench.transaction(async (tx) => {
      await accounts.update(account, { tx });
      const { items } = await accounts.history(account.id, { tx });
      expect(items.map(({ sequence }) => sequence)).toEqual([1, 2]);
      const past = await accounts.findById(account.id, { tx, asOf: { version: 2 } });
      expect(past.state.name).toBe("B");
    });
  },

  "refuses options that cannot be used": async (bench) => {
    const { accounts, account } = await withEvents(bench, 2);
    const list = await accounts.list();
    const refused: readonly Parameters<typeof accounts.history>[1][] = [
      { first: 0 },
      { first: 1.5 },
      { last: 1_001 },
      { first: 1, last: 1 },
      { after: -1 },
      { after: 1.5 },
      { before: 2 ** 31 },
      { after: "1 or 1=1" },
      { after: list.endCursor },
      { direction: "sideways" as "asc" },
    ];
    for (const options of refused) {
      await thrownBy(accounts.history(account.id, options), InvalidArgumentError);
    }
  },

  "stops at an event that the definition does not know, and says which": async (bench) => {
    const Account = await bench.define(defineAccount);
    const account = await createStoreRepository(Account, bench.store).create({ email: "a@b.c" });
    account.rename("B");
    await createStoreRepository(Account, bench.store).update(account);
    const events = new Map([...Account[model].events].filter(([type]) => type !== "Renamed"));
    const older = { ...Account, [model]: { ...Account[model], events } };
    const accounts = createStoreRepository(older, bench.store);
    const error = await thrownBy(accounts.history(account.id), StoredEventError);
    expect([error.table, error.id, error.sequence]).toEqual([
      Account.plan.eventsTable,
      account.id,
      2,
    ]);
    expect((await accounts.history(account.id, { first: 1 })).items).toHaveLength(1);
  },
});
