import { type Consumer, createStoreConsumer, type PublishedEventMeta } from "@annals/core";
import type { Bench, OpaqueTx } from "./bench.ts";
import type { OrderFeed, OrderFeedEvent } from "./entities/order-feed.ts";

/** One event as a handler got it. */
export interface FeedDelivery {
  readonly event: OrderFeedEvent;
  readonly meta: PublishedEventMeta<OrderFeed, OpaqueTx>;
}

/** A topic of its own, and a consumer that notes what it is given. */
export const followFeed = async (bench: Bench, make: (name: string) => OrderFeed) => {
  const { definition, topic } = await bench.topic(make);
  const deliveries: FeedDelivery[] = [];
  const take = (event: OrderFeedEvent, meta: FeedDelivery["meta"]): void => {
    deliveries.push({ event, meta });
  };
  const consumer = (name: string = definition.name): Consumer =>
    createStoreConsumer(bench.store, {
      name,
      topics: [definition],
      on: { OrderPlaced: take, OrderPaid: take, OrderErased: take, InvoiceRendered: take },
      pollIntervalMs: 10,
    });
  /** What a new consumer gets of the topic now. */
  const all = async (): Promise<readonly FeedDelivery[]> => {
    deliveries.length = 0;
    await consumer(`${definition.name}.${crypto.randomUUID().slice(0, 8)}`).catchUp();
    return [...deliveries];
  };
  const events = async () => (await all()).map(({ event }) => event);
  return { definition, topic, consumer, deliveries, all, events };
};
