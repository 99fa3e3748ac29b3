import {
  createStoreConsumer,
  createStoreRepository,
  createStoreTopic,
  defineTopic,
  InvalidArgumentError,
  InvalidDefinitionError,
  InvalidEventError,
} from "@annals/core";
import { expect } from "vitest";
import * as z from "zod";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineOrderFeed, type OrderFeedEvent, paid, placed } from "../entities/order-feed.ts";
import { followFeed } from "../followed-feed.ts";
import { thrownBy } from "../thrown-by.ts";

export const topics = contractGroup("topics of their own", {
  "what is published is followed, with all that goes with it": async (bench) => {
    const { topic, all } = await followFeed(bench, defineOrderFeed);
    const before = Date.now() - 60_000;
    const first = await topic.publish(placed("o-1", 5), { headers: { "content-type": "order" } });
    const second = await topic.publish(paid("o-1"), { key: "chosen" });
    const [one, other] = await all();
    expect(one?.event).toEqual(placed("o-1", 5));
    expect(one?.meta).toMatchObject({
      key: "o-1",
      headers: { "content-type": "order" },
      position: first.position,
      context: null,
      attempt: 1,
    });
    expect(one?.meta.recordedAt.getTime()).toBeGreaterThan(before);
    expect(other?.event).toEqual(paid("o-1"));
    expect(other?.meta).toMatchObject({ key: "chosen", headers: {}, position: second.position });
    expect([first, second].map(({ published, duplicates }) => [published, duplicates])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  },

  "events of one call keep their order": async (bench) => {
    const { topic, all } = await followFeed(bench, defineOrderFeed);
    const events = Array.from({ length: 200 }, (_, at) => placed(`o-${(at * 7) % 13}`, at));
    const result = await topic.publishAll(events.map((event) => ({ event })));
    expect(result).toMatchObject({ published: 200, duplicates: 0 });
    const followed = await all();
    expect(followed.map(({ event }) => event)).toEqual(events);
    expect(followed.at(-1)?.meta.position).toBe(result.position);
    const positions = followed.map(({ meta }) => meta.position);
    expect(positions).toEqual(positions.toSorted((one, next) => one - next));
  },

  "publishing nothing does nothing": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    expect(await topic.publishAll([])).toEqual({
      published: 0,
      duplicates: 0,
      position: undefined,
    });
    expect(await events()).toEqual([]);
  },

  "binary data comes back as it went in": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    const image = Uint8Array.from({ length: 1_000 }, (_, at) => (at * 31) % 256);
    const published: OrderFeedEvent[] = [
      { type: "InvoiceRendered", orderId: "o-1", page: 1, image },
      { type: "InvoiceRendered", orderId: "o-1", page: 2, image: new Uint8Array() },
    ];
    await topic.publishAll(published.map((event) => ({ event })));
    expect(await events()).toEqual(published);
  },

  "an event without a key has one of its own": async (bench) => {
    const { definition, topic } = await bench.topic((name) =>
      defineTopic({ name, events: { Ticked: z.object({}) } }),
    );
    await topic.publishAll([{ event: { type: "Ticked" } }, { event: { type: "Ticked" } }]);
    const keys: string[] = [];
    await createStoreConsumer(bench.store, {
      name: definition.name,
      topics: [definition],
      on: { Ticked: (_event, { key }) => void keys.push(key) },
    }).catchUp();
    expect(new Set(keys).size).toBe(2);
    expect(keys).toHaveLength(2);
  },

  "what is published in a transaction comes with its commit, or never": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    const accounts = await bench.repository(defineAccount);
    await bench.transaction(async (tx) => {
      await accounts.create({ email: "ada@example.com" }, { tx });
      await topic.publish(placed("kept"), { tx });
    });
    const rolledBack = bench.transaction(async (tx) => {
      await topic.publish(placed("lost"), { tx });
      throw new Error("rolls back");
    });
    await thrownBy(rolledBack, Error);
    expect(await events()).toEqual([placed("kept")]);
  },

  "what is published in a savepoint goes back with it": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    const once = { deduplicationKey: "once" };
    await bench.transaction(async (tx) => {
      await topic.publish(placed("kept"), { tx });
      const savepoint = tx.savepoint(async (inner) => {
        await topic.publish(placed("undone"), { tx: inner, ...once });
        throw new Error("rolls back");
      });
      await thrownBy(savepoint, Error);
      expect((await topic.publish(placed("kept too"), { tx, ...once })).published).toBe(1);
    });
    expect(await events()).toEqual([placed("kept"), placed("kept too")]);
  },

  "nobody else sees what is published before the commit": needs(
    "several connections",
    async (bench) => {
      const { topic, events } = await followFeed(bench, defineOrderFeed);
      await bench.transaction(async (tx) => {
        await topic.publish(placed("o-1"), { tx });
        await topic.publish(placed("o-2"), { tx: "none" });
        // Where order waits for the open transaction, not even the second one is there.
        expect(await events()).not.toContainEqual(placed("o-1"));
      });
      expect(await events()).toHaveLength(2);
    },
  ),

  "a refused event leaves nothing of its call behind": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    const wrong = { type: "OrderPlaced", orderId: "o-1", total: 1.5 } as const;
    const call = topic.publishAll([{ event: placed("o-1") }, { event: wrong }]);
    const error = await thrownBy(call, InvalidEventError);
    expect(error.eventType).toBe("OrderPlaced");
    for (const unknown of [{ type: "Unknown" }, {}, null, { ...placed("o-1"), more: 1 }]) {
      await thrownBy(topic.publish(unknown as never), InvalidEventError);
    }
    const image = "no bytes" as unknown as Uint8Array;
    const text = topic.publish({ type: "InvoiceRendered", orderId: "o-1", page: 1, image });
    await thrownBy(text, InvalidEventError);
    expect(await events()).toEqual([]);
  },

  "keys and headers that cannot be stored are refused": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    for (const key of ["", "a".repeat(501), "a\u0000b", "\ud800", 7 as unknown as string]) {
      await thrownBy(topic.publish(placed("o-1"), { key }), InvalidArgumentError);
      const once = topic.publish(placed("o-1"), { deduplicationKey: key });
      await thrownBy(once, InvalidArgumentError);
    }
    for (const headers of [{ n: 1 }, { o: {} }, ["a"], { "a\u0000": "b" }, { a: "\ud800" }]) {
      const call = topic.publish(placed("o-1"), { headers: headers as never });
      await thrownBy(call, InvalidArgumentError);
    }
    expect(await events()).toEqual([]);
    await topic.publish(placed("o-1"), { key: "😀".repeat(250) });
    expect(await events()).toEqual([placed("o-1")]);
  },

  "the clock and the context of the topic are recorded": async (bench) => {
    const at = new Date("2024-02-29T12:00:00.123Z");
    const { definition, all } = await followFeed(bench, defineOrderFeed);
    const topic = createStoreTopic(definition, bench.store, {
      clock: { now: () => at, sleep: async () => {} },
      context: { stored: () => ({ correlationId: "request-1" }) },
    });
    await topic.publish(placed("o-1"));
    const [event] = await all();
    expect(event?.meta.recordedAt).toEqual(at);
    expect(event?.meta.context).toEqual({ correlationId: "request-1" });
  },

  "events of entities and topics come in one order": async (bench) => {
    const { definition, topic } = await bench.topic(defineOrderFeed);
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    const ids: string[] = [];
    for (let at = 0; at < 5; at += 1) {
      await topic.publish(placed("o-1", at));
      ids.push((await accounts.create({ email: `${crypto.randomUUID()}@example.com` })).id);
    }
    for (const batchSize of [1, 3, 100]) {
      const seen: string[] = [];
      await createStoreConsumer(bench.store, {
        name: `${definition.name}.${batchSize}`,
        topics: [definition, Account],
        batchSize,
        onEvent: (_event, { topic: of, key }) => void seen.push(`${of} ${key}`),
      }).catchUp();
      expect(seen).toEqual(
        ids.flatMap((id) => [`${definition.name} o-1`, `${Account.name} ${id}`]),
      );
    }
  },

  "two definitions of one topic are refused": async (bench) => {
    const { definition, topic } = await bench.topic(defineOrderFeed);
    await topic.publish(placed("o-1"));
    const again = async () => createStoreTopic(defineOrderFeed(definition.name), bench.store);
    await thrownBy(again(), InvalidDefinitionError);
    expect(() => createStoreTopic(definition, bench.store)).not.toThrow();
  },
});
