// #region topics
import { defineTopic, jsonDate } from "@annals/core";
import { createConsumer, createState, createTopic, transaction } from "@annals/kysely-adapter";
import type { Kysely, Transaction } from "kysely";
import * as z from "zod";
import type { openFeed } from "./user-feed.ts";

export const OrderFeed = defineTopic({
  name: "orderFeed",
  events: { OrderPlaced: z.object({ orderId: z.string(), userId: z.uuid() }) },
  key: ({ orderId }) => orderId,
});

export const PaymentFeed = defineTopic({
  name: "paymentFeed",
  events: { PaymentReceived: z.object({ orderId: z.string() }) },
  key: ({ orderId }) => orderId,
});

/** What becomes of an order and its payment. */
export const FulfilmentFeed = defineTopic({
  name: "fulfilmentFeed",
  events: {
    OrderReady: z.object({ orderId: z.string(), name: z.string() }),
    PaymentMissing: z.object({ orderId: z.string() }),
  },
  key: ({ orderId }) => orderId,
});
// #endregion

type Tx = Transaction<unknown>;

// #region state
/** One half of the pair, until the other one comes: the order or the payment. */
const openHalves = (db: Kysely<unknown>) =>
  createState(db, {
    name: "fulfilment",
    schema: z.object({ userId: z.uuid().optional(), at: jsonDate() }),
  });

const HOUR_MS = 3_600_000;

const isWithinAnHour = (one: Date, other: Date): boolean =>
  Math.abs(one.getTime() - other.getTime()) <= HOUR_MS;
// #endregion

// #region join
/** Joins orders and payments that are at most an hour apart, and looks up who ordered. */
export const openFulfilment = (db: Kysely<unknown>, users: ReturnType<typeof openFeed>) => {
  const fulfilment = createTopic(FulfilmentFeed, { db });
  const halves = openHalves(db);

  const ready = async (orderId: string, userId: string, tx: Tx): Promise<void> => {
    await halves.delete(orderId, { tx });
    // The latest events of a compacted topic are a table that a stream is joined with.
    const user = await users.latest(userId, { tx });
    const name = user?.event.type === "UserJoined" ? user.event.name : "somebody";
    await fulfilment.publish({ type: "OrderReady", orderId, name }, { tx });
  };

  const wait = (orderId: string, at: Date, userId: string | undefined, tx: Tx): Promise<void> => {
    const until = new Date(at.getTime() + HOUR_MS);
    return halves.set(orderId, { at, ...(userId !== undefined && { userId }) }, { tx, until });
  };

  return createConsumer(db, {
    name: "fulfilment",
    topics: [OrderFeed, PaymentFeed],
    on: {
      orderFeed: {
        OrderPlaced: async ({ orderId, userId }, { recordedAt, tx }) => {
          const payment = await halves.get(orderId, { tx });
          if (payment && isWithinAnHour(payment.at, recordedAt)) await ready(orderId, userId, tx);
          else await wait(orderId, recordedAt, userId, tx);
        },
      },
      paymentFeed: {
        PaymentReceived: async ({ orderId }, { recordedAt, tx }) => {
          const order = await halves.get(orderId, { tx });
          if (order?.userId && isWithinAnHour(order.at, recordedAt)) {
            await ready(orderId, order.userId, tx);
          } else await wait(orderId, recordedAt, undefined, tx);
        },
      },
    },
  });
};
// #endregion

// #region missing
/** Says of which orders the payment did not come in time. Call it every minute or so. */
export const reportMissing = (db: Kysely<unknown>, now: Date): Promise<number> => {
  const fulfilment = createTopic(FulfilmentFeed, { db });
  const halves = openHalves(db);
  return transaction(db, async (tx) => {
    const due = await halves.takeDue(now, { tx });
    const orders = due.filter(({ value }) => value.userId !== undefined);
    await fulfilment.publishAll(
      orders.map(({ key }) => ({ event: { type: "PaymentMissing", orderId: key } })),
      { tx },
    );
    return orders.length;
  });
};
// #endregion
