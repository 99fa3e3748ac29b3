import { replayStore, stopConsumer } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { ADDED, defineContact, storeOld } from "../entities/contact.ts";
import { type Delivery, eventKey, followAccounts } from "../followed.ts";

export const replays = contractGroup("replays", {
  "a range comes once and in order, and no checkpoint is moved": async (bench) => {
    const { Account, consumer, deliveries, write } = await followAccounts(bench);
    await write(3, 2);
    await consumer().catchUp();
    const before = await bench.store.consumers().list();
    const [from, to] = [deliveries[1], deliveries[6]] as [Delivery, Delivery];
    const seen: string[] = [];
    const result = await replayStore(bench.store, {
      topics: [Account],
      from: { position: from.position },
      to: { position: to.position },
      onEvent: (_, meta) => {
        expect(meta.tx).toBeUndefined();
        seen.push(`${meta.entityId}/${meta.sequence}`);
      },
    });
    expect(seen).toEqual(deliveries.slice(2, 7).map(eventKey));
    expect(result).toEqual({ position: to.position, events: 5 });
    expect(await bench.store.consumers().list()).toEqual(before);
  },

  "it ends where it began, also while events come": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    const events = await write(2, 1);
    const seen: string[] = [];
    await replayStore(bench.store, {
      topics: [Account],
      batch: {
        size: 2,
        handle: async (list) => {
          for (const { meta } of list) seen.push(`${meta.entityId}/${meta.sequence}`);
          await write(1, 0);
        },
      },
    });
    expect(seen.toSorted()).toEqual(events.toSorted());
  },

  "a failure says where to go on": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    await write(2, 2);
    const seen: number[] = [];
    const range = (position: number, fails: boolean) =>
      replayStore(bench.store, {
        topics: [Account],
        from: { position },
        onEvent: (_, meta) => {
          if (fails && seen.length === 3) throw new Error("disk full");
          seen.push(meta.position);
        },
      });
    const error = await range(0, true).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ANNALS_HANDLER_FAILED" });
    await range((error as { position: number }).position - 1, false);
    expect(seen).toHaveLength(6);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  },

  "a handler, or a signal, ends it": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    await write(2, 2);
    let handled = 0;
    const stopped = await replayStore(bench.store, {
      topics: [Account],
      onEvent: () => {
        if (handled === 2) return stopConsumer("enough");
        handled += 1;
        return undefined;
      },
    });
    expect([handled, stopped.events]).toEqual([2, 2]);
    const signal = AbortSignal.abort();
    const none = await replayStore(bench.store, { topics: [Account], signal, onEvent: () => {} });
    expect(none.events).toBe(0);
  },

  "old versions come in the newest": async (bench) => {
    const Contact = await bench.define(defineContact);
    await storeOld(bench, Contact, [ADDED, { type: "DetailsChanged", mail: "d@e.f", name: "Dee" }]);
    const types: string[] = [];
    await replayStore(bench.store, {
      topics: [Contact],
      onEvent: ({ type }) => void types.push(type),
    });
    expect(types).toEqual(["ContactAdded", "EmailChanged", "Renamed"]);
  },
});
