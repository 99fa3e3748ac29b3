import { retryLater, skipEvent, stopConsumer } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { type Delivery, eventKey, followAccounts } from "../followed.ts";

class Broken extends Error {}

/** A consumer that fails on some events, as long as it is told to, and writes a receipt for the others. */
const failing = async (bench: Bench) => {
  const followed = await followAccounts(bench);
  const { Account, consumer, issueReceipt, deliveries } = followed;
  const broken = new Set<string>();
  const letters = (status?: readonly ("dead" | "discarded" | "handled" | "retrying")[]) =>
    bench.store.consumers().deadLetters({ consumer: Account.name, status });
  const handle = async (delivery: Delivery): Promise<void> => {
    await issueReceipt(delivery);
    if (broken.has(eventKey(delivery))) throw new Broken("broken");
  };
  const open = (options: Parameters<typeof consumer>[0] = {}) =>
    consumer({ onFailure: "hold", retry: { attempts: 2, firstMs: 1 }, handle, ...options });
  const of = (entityId: string): number[] =>
    deliveries.filter((one) => one.entityId === entityId).map(({ sequence }) => sequence);
  return { ...followed, broken, letters, open, of, admin: bench.store.consumers() };
};

const idOf = (event: string | undefined): string => event?.split("/")[0] ?? "";

export const deadLetters = contractGroup("dead letters", {
  "an event that fails for good holds its entity's later events, and no others": async (bench) => {
    const { Account, broken, letters, open, issued, write } = await failing(bench);
    const events = await write(3, 3);
    const bad = events[1] ?? "";
    const id = idOf(bad);
    broken.add(bad);
    await open().catchUp();
    const held = events.filter((event) => idOf(event) === id && event !== `${id}/1`);
    expect(await issued()).toEqual(events.filter((event) => !held.includes(event)).toSorted());
    const [letter, ...more] = await letters();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({
      consumer: Account.name,
      topic: Account.name,
      key: id,
      sequence: 2,
      eventType: "Renamed",
      status: "dead",
      attempts: 2,
      error: { class: "Error", code: null, message: "broken" },
      retryAt: null,
      reason: null,
    });
    // What comes later is held as well.
    await open().catchUp();
    expect((await issued()).length).toBe(events.length - held.length);
  },

  "an event that succeeds when it is tried again was only late, in order": async (bench) => {
    const { broken, letters, open, issued, of, write, deliveries } = await failing(bench);
    const events = await write(2, 2);
    const bad = events[1] ?? "";
    broken.add(bad);
    let failures = 0;
    await open({
      batchSize: 1,
      retry: { attempts: 5, firstMs: 5 },
      handle: async (delivery) => {
        if (!broken.has(eventKey(delivery))) return;
        failures += 1;
        expect(delivery.attempt).toBe(failures === 1 ? 1 : deliveries.at(-1)?.attempt);
        if (failures === 4) broken.clear();
        else throw new Broken("not yet");
      },
    }).catchUp();
    expect(failures).toBe(4);
    expect(await issued()).toEqual([]);
    const sequences = of(idOf(bad));
    expect(sequences.filter((sequence, at) => sequence !== sequences[at - 1])).toEqual([1, 2, 3]);
    expect(await letters()).toEqual([]);
    expect(await letters(["handled"])).toHaveLength(1);
  },

  "a redriven event goes ahead of what it held": async (bench) => {
    const { Account, admin, broken, letters, open, issued, of, write } = await failing(bench);
    const events = await write(2, 4);
    const bad = events[2] ?? "";
    broken.add(bad);
    await open({ batchSize: 3 }).catchUp();
    const before = of(idOf(bad)).length;
    broken.clear();
    expect(await admin.redrive({ consumer: Account.name })).toBe(1);
    await open({ batchSize: 3 }).catchUp();
    expect(of(idOf(bad)).slice(before)).toEqual([3, 4, 5]);
    expect(await issued()).toEqual(events.toSorted());
    expect(await letters()).toEqual([]);
    // It is through: what comes now goes the usual way.
    events.push(...(await write(1, 0)));
    await open().catchUp();
    expect(await issued()).toEqual(events.toSorted());
  },

  "a redriven event that fails again is dead again": async (bench) => {
    const { Account, admin, broken, letters, open, of, write } = await failing(bench);
    const [first] = await write(1, 1);
    broken.add(first ?? "");
    await open({ batchSize: 1 }).catchUp();
    await admin.redrive({ consumer: Account.name });
    await open({ batchSize: 1 }).catchUp();
    expect(await letters()).toMatchObject([{ status: "dead", attempts: 3 }]);
    expect(of(idOf(first))).toEqual([1, 1, 1]);
  },

  "a discarded event is passed over, and what it held goes on": async (bench) => {
    const { Account, admin, broken, letters, open, issued, write } = await failing(bench);
    const events = await write(2, 2);
    const [bad] = events;
    broken.add(bad ?? "");
    await open().catchUp();
    const [letter] = await letters();
    const choice = { consumer: Account.name, positions: [letter?.position ?? 0] };
    expect(await admin.discard({ ...choice, reason: "known to be wrong" })).toBe(1);
    await open().catchUp();
    expect(await issued()).toEqual(events.filter((event) => event !== bad).toSorted());
    expect(await letters()).toEqual([]);
    expect(await letters(["discarded"])).toMatchObject([{ reason: "known to be wrong" }]);
  },

  "with skip, the entity goes on, and the event can be redriven by itself": async (bench) => {
    const { Account, admin, broken, letters, open, issued, write } = await failing(bench);
    const events = await write(2, 2);
    const bad = events[1] ?? "";
    broken.add(bad);
    await open({ onFailure: "skip" }).catchUp();
    expect(await issued()).toEqual(events.filter((event) => event !== bad).toSorted());
    expect(await letters()).toMatchObject([{ status: "dead", attempts: 2 }]);
    broken.clear();
    await admin.redrive({ consumer: Account.name, keys: [idOf(bad)] });
    await open({ onFailure: "skip" }).catchUp();
    expect(await issued()).toEqual(events.toSorted());
    expect(await letters()).toEqual([]);
  },

  "with pause, the slot stands still": async (bench) => {
    const { broken, open, issued, write } = await failing(bench);
    const events = await write(2, 1);
    broken.add(events[1] ?? "");
    await expect(open({ onFailure: "pause" }).catchUp()).rejects.toMatchObject({
      code: "ANNALS_CONSUMER_PAUSED",
    });
    const before = await issued();
    expect(before.length).toBeLessThan(events.length);
    await expect(open({ onFailure: "pause" }).catchUp()).rejects.toMatchObject({
      code: "ANNALS_CONSUMER_PAUSED",
    });
    expect(await issued()).toEqual(before);
  },

  "with stop, the run ends after the last attempt": async (bench) => {
    const { broken, open, of, write } = await failing(bench);
    const [first] = await write(1, 0);
    broken.add(first ?? "");
    const stopping = open({ onFailure: "stop", retry: { attempts: 3, firstMs: 1 } });
    await expect(stopping.catchUp()).rejects.toMatchObject({ code: "ANNALS_HANDLER_FAILED" });
    expect(of(idOf(first))).toEqual([1, 1, 1]);
  },

  "what fails behind a held event is a dead letter of its own": async (bench) => {
    const { Account, admin, broken, letters, open, issued, write } = await failing(bench);
    const events = await write(1, 4);
    broken.add(events[1] ?? "").add(events[3] ?? "");
    await open().catchUp();
    broken.delete(events[1] ?? "");
    await admin.redrive({ consumer: Account.name });
    await open().catchUp();
    expect(await letters()).toMatchObject([{ status: "dead", sequence: 4 }]);
    expect(await issued()).toEqual(events.slice(0, 3).toSorted());
    broken.clear();
    await admin.redrive({ consumer: Account.name });
    await open().catchUp();
    expect(await issued()).toEqual(events.toSorted());
  },

  "a handler may skip, come again later, or stop": async (bench) => {
    const { letters, open, deliveries, write, Account } = await failing(bench);
    const events = await write(3, 1);
    const [skipped, later, stops] = [events[0], events[2], events[5]];
    let postponed = 0;
    let isOver = false;
    const answering = open({
      handle: (delivery) => {
        const event = eventKey(delivery);
        if (event === skipped) return skipEvent("of no use");
        if (event === later && postponed < 2) {
          postponed += 1;
          return retryLater(5);
        }
        if (event === stops && !isOver) return stopConsumer("enough");
        return undefined;
      },
    });
    await answering.catchUp();
    expect(await letters(["discarded"])).toMatchObject([{ reason: "of no use", attempts: 0 }]);
    isOver = true;
    await expect
      .poll(
        async () => {
          await answering.catchUp();
          return (await letters(["retrying"])).length;
        },
        { timeout: 20_000 },
      )
      .toBe(0);
    const times = deliveries.filter((one) => eventKey(one) === later).map(({ attempt }) => attempt);
    // Coming later is no failed attempt.
    expect(new Set(times)).toEqual(new Set([1]));
    expect(postponed).toBe(2);
    expect(deliveries.filter((one) => eventKey(one) === stops).length).toBeGreaterThan(1);
    expect(Account.name).toBeTruthy();
  },
});
