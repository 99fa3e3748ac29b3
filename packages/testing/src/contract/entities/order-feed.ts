import { binary, defineTopic, type TopicDefinition, type TopicEventOf } from "@annals/core";
import * as z from "zod";

const events = {
  OrderPlaced: z.object({ orderId: z.string(), total: z.int() }),
  OrderPaid: z.object({ orderId: z.string() }),
  OrderErased: z.object({ orderId: z.string() }),
  InvoiceRendered: z.object({ orderId: z.string(), page: z.int(), image: binary() }),
};

export type OrderFeed = TopicDefinition<string, typeof events>;
export type OrderFeedEvent = TopicEventOf<OrderFeed>;

/** Public events about orders, of every kind that a topic of its own can carry. */
export const defineOrderFeed = (name: string): OrderFeed =>
  defineTopic({ name, events, key: ({ orderId }) => orderId });

/** The same with the latest event of every order at hand. */
export const defineCompactedFeed = (name: string): OrderFeed =>
  defineTopic({
    name,
    events,
    key: ({ orderId }) => orderId,
    compaction: { deletedBy: ["OrderErased"] },
  });

/** The same in partitions of three events, of which the last three or more are kept. */
export const defineShortFeed = (name: string): OrderFeed =>
  defineTopic({
    name,
    events,
    key: ({ orderId }) => orderId,
    partitions: { events: 3 },
    retention: { events: 3 },
  });

export const placed = (orderId: string, total = 1): OrderFeedEvent => ({
  type: "OrderPlaced",
  orderId,
  total,
});

export const paid = (orderId: string): OrderFeedEvent => ({ type: "OrderPaid", orderId });

export const erased = (orderId: string): OrderFeedEvent => ({ type: "OrderErased", orderId });
