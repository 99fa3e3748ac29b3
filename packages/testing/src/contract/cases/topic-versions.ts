import { createStoreConsumer, defineTopic, upcast, upcastToEvents } from "@annals/core";
import { expect } from "vitest";
import * as z from "zod";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";

/** A topic that has lived: two versions of an event before its newest, an old name, a split, a ping. */
const defineFeed = (name: string) =>
  defineTopic({
    name,
    events: {
      OrderPlaced: z.object({ orderId: z.string(), cents: z.int() }),
      OrderPaid: z.object({ orderId: z.string() }),
      OrderShipped: z.object({ orderId: z.string(), carrier: z.string() }),
    },
    versions: {
      OrderPlaced: [
        upcast(z.object({ order: z.string(), total: z.string() }), ({ order, total }) => ({
          orderId: order,
          total: Number(total),
        })),
        upcast(z.object({ orderId: z.string(), total: z.number() }), ({ orderId, total }) => ({
          orderId,
          cents: Math.round(total * 100),
        })),
      ],
    },
    renamed: { OrderSettled: "OrderPaid" },
    retired: {
      OrderPaidAndShipped: [
        upcastToEvents(z.object({ orderId: z.string() }), ({ orderId }) => [
          { type: "OrderPaid", orderId },
          { type: "OrderShipped", orderId, carrier: "post" },
        ]),
      ],
      Pinged: [upcastToEvents(z.object({}), () => [])],
    },
    key: ({ orderId }) => orderId,
    compaction: true,
  });

const STORED = [
  { type: "OrderPlaced", order: "o-1", total: "1.5" },
  { type: "OrderPlaced", v: 2, orderId: "o-2", total: 2.25 },
  { type: "Pinged" },
  { type: "OrderSettled", orderId: "o-1" },
  { type: "OrderPaidAndShipped", orderId: "o-2" },
];

/** A topic with what older code published, and one event of today's. */
const lived = async (bench: Bench) => {
  const { definition, topic } = await bench.topic(defineFeed);
  const publications = STORED.map(({ type, ...payload }) => ({
    key: payload.orderId ?? payload.order ?? "ping",
    body: { type, ...payload },
    bytes: null,
    headers: {},
    deduplicationKey: null,
  }));
  await bench.store
    .topic(definition.plan)
    .publish({ publications, context: null, recordedAt: new Date() }, undefined);
  await topic.publish({ type: "OrderPlaced", orderId: "o-3", cents: 300 });
  return { definition, topic };
};

export const topicVersions = contractGroup("event versions in topics of their own", {
  "consumers get every event in its newest version": async (bench) => {
    const { definition } = await lived(bench);
    const seen: unknown[] = [];
    const positions: number[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: definition.name,
      topics: [definition],
      onEvent: (event, { key, part, parts, position }) => {
        seen.push([key, part, parts, event]);
        positions.push(position);
      },
    });
    await consumer.catchUp();
    expect(seen).toEqual([
      ["o-1", 1, 1, { type: "OrderPlaced", orderId: "o-1", cents: 150 }],
      ["o-2", 1, 1, { type: "OrderPlaced", orderId: "o-2", cents: 225 }],
      ["o-1", 1, 1, { type: "OrderPaid", orderId: "o-1" }],
      ["o-2", 1, 2, { type: "OrderPaid", orderId: "o-2" }],
      ["o-2", 2, 2, { type: "OrderShipped", orderId: "o-2", carrier: "post" }],
      ["o-3", 1, 1, { type: "OrderPlaced", orderId: "o-3", cents: 300 }],
    ]);
    expect(positions[3]).toBe(positions[4]);
    await consumer.catchUp();
    expect(seen).toHaveLength(6);
  },

  "a handler gets what it handles, under whatever name it was published": async (bench) => {
    const { definition } = await lived(bench);
    const paid: string[] = [];
    await createStoreConsumer(bench.store, {
      name: definition.name,
      topics: [definition],
      on: { OrderPaid: ({ orderId }) => void paid.push(orderId) },
    }).catchUp();
    expect(paid).toEqual(["o-1", "o-2"]);
  },

  "what is published says its version": async (bench) => {
    const { definition, topic } = await lived(bench);
    const stored = await bench.store.topic(definition.plan).latest("o-3", undefined);
    expect(stored?.body).toEqual({ type: "OrderPlaced", v: 3, orderId: "o-3", cents: 300 });
    expect((await topic.latest("o-3"))?.event).toMatchObject({ type: "OrderPlaced", cents: 300 });
  },

  "the latest event of a key is what the stored one became": async (bench) => {
    const { topic } = await lived(bench);
    expect((await topic.latest("o-1"))?.event).toEqual({ type: "OrderPaid", orderId: "o-1" });
    expect((await topic.latest("o-2"))?.event).toMatchObject({ type: "OrderShipped" });
    expect(await topic.latest("ping")).toBeUndefined();
  },

  "a version that the definition does not know waits for one that does": async (bench) => {
    const { definition } = await lived(bench);
    await bench.store.topic(definition.plan).publish(
      {
        publications: [
          {
            key: "o-4",
            body: { type: "OrderPlaced", v: 4, orderId: "o-4" },
            bytes: null,
            headers: {},
            deduplicationKey: null,
          },
        ],
        context: null,
      },
      undefined,
    );
    const seen: string[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: definition.name,
      topics: [definition],
      onEvent: (_event, { key }) => void seen.push(key),
    });
    await consumer.catchUp();
    expect(seen).toEqual(["o-1", "o-2", "o-1", "o-2", "o-2", "o-3"]);
  },
});
