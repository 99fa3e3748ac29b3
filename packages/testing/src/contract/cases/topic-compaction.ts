import { InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import {
  defineCompactedFeed,
  defineOrderFeed,
  erased,
  paid,
  placed,
} from "../entities/order-feed.ts";
import { thrownBy } from "../thrown-by.ts";

export const topicCompaction = contractGroup("the latest event of every key", {
  "is the last one published": async (bench) => {
    const { topic } = await bench.topic(defineCompactedFeed);
    expect(await topic.latest("o-1")).toBeUndefined();
    await topic.publish(placed("o-1"));
    const { position } = await topic.publish(placed("o-1", 2), { headers: { a: "b" } });
    await topic.publish(placed("o-2"));
    const latest = await topic.latest("o-1");
    expect(latest).toMatchObject({ event: placed("o-1", 2), key: "o-1", headers: { a: "b" } });
    expect(latest?.position).toBe(position);
    expect(latest?.recordedAt).toBeInstanceOf(Date);
  },

  "is the last of several in one call": async (bench) => {
    const { topic } = await bench.topic(defineCompactedFeed);
    const events = [placed("o-1", 1), placed("o-2", 1), placed("o-1", 2), paid("o-1")];
    await topic.publishAll(events.map((event) => ({ event })));
    expect((await topic.latest("o-1"))?.event).toEqual(paid("o-1"));
    expect((await topic.latest("o-2"))?.event).toEqual(placed("o-2", 1));
  },

  "is gone after an event that deletes": async (bench) => {
    const { topic } = await bench.topic(defineCompactedFeed);
    await topic.publish(placed("o-1"));
    await topic.publish(erased("o-1"));
    expect(await topic.latest("o-1")).toBeUndefined();
    await topic.maintain();
    expect(await topic.latest("o-1")).toBeUndefined();
    await topic.publish(placed("o-1", 3));
    expect((await topic.latest("o-1"))?.event).toEqual(placed("o-1", 3));
  },

  "brings binary data": async (bench) => {
    const { topic } = await bench.topic(defineCompactedFeed);
    const image = Uint8Array.of(0, 255, 7);
    const event = { type: "InvoiceRendered", orderId: "o-1", page: 1, image } as const;
    await topic.publish(event);
    expect((await topic.latest("o-1"))?.event).toEqual(event);
  },

  "is what its transaction leaves": async (bench) => {
    const { topic } = await bench.topic(defineCompactedFeed);
    await topic.publish(placed("o-1"));
    const rolledBack = bench.transaction(async (tx) => {
      await topic.publish(paid("o-1"), { tx });
      expect((await topic.latest("o-1", { tx }))?.event).toEqual(paid("o-1"));
      throw new Error("rolls back");
    });
    await thrownBy(rolledBack, Error);
    expect((await topic.latest("o-1"))?.event).toEqual(placed("o-1"));
  },

  "is kept only where the definition says so": async (bench) => {
    const { topic } = await bench.topic(defineOrderFeed);
    await topic.publish(placed("o-1"));
    await thrownBy(topic.latest("o-1"), InvalidArgumentError);
  },
});
