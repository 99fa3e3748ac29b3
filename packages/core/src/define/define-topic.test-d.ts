import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { PublishedEventMeta } from "../consume/event-meta.ts";
import type { Handlers } from "../consume/handler.ts";
import type { Topic } from "../publish/topic-type.ts";
import type { TopicEventOf } from "./any-topic.ts";
import { binary } from "./binary.ts";
import { defineTopic } from "./define-topic.ts";
import type { TopicDatabaseOf } from "./topic-rows.ts";
import { upcast, upcastToEvents } from "./upcast.ts";

const OrderFeed = defineTopic({
  name: "orderFeed",
  events: {
    OrderPlaced: z.object({ orderId: z.string(), total: z.int() }),
    InvoiceRendered: z.object({ orderId: z.string(), image: binary() }),
  },
  key: (event) => {
    expectTypeOf(event.orderId).toEqualTypeOf<string>();
    return event.type === "InvoiceRendered" ? event.orderId : `${event.total}`;
  },
  compaction: { deletedBy: ["OrderPlaced"] },
});

type Definition = typeof OrderFeed;
declare const topic: Topic<Definition, { tx: true }>;

describe("a topic's definition", () => {
  it("infers the union of its events", () => {
    expectTypeOf<TopicEventOf<Definition>["type"]>().toEqualTypeOf<
      "OrderPlaced" | "InvoiceRendered"
    >();
    expectTypeOf(OrderFeed.name).toEqualTypeOf<"orderFeed">();
    type Rendered = Extract<TopicEventOf<Definition>, { type: "InvoiceRendered" }>;
    expectTypeOf<Rendered["image"]>().toEqualTypeOf<Uint8Array>();
  });

  it("checks what upcasters return against the next version", () => {
    const events = { A: z.object({ n: z.int() }) };
    const old = z.object({ text: z.string() });
    defineTopic({
      name: "x",
      events,
      versions: { A: [upcast(old, ({ text }) => ({ n: Number(text) }))] },
      renamed: { B: "A" },
      retired: { C: [upcastToEvents(old, () => [{ type: "A", n: 1 }])] },
    });
    // @ts-expect-error the next version has no text
    defineTopic({ name: "x", events, versions: { A: [upcast(old, ({ text }) => ({ text }))] } });
    // @ts-expect-error "D" is no event
    defineTopic({ name: "x", events, versions: { D: [upcast(old, () => ({ n: 1 }))] } });
    // @ts-expect-error nor can anything be renamed to it
    defineTopic({ name: "x", events, renamed: { B: "D" } });
    // @ts-expect-error a retired event has to end in events
    defineTopic({ name: "x", events, retired: { C: [upcast(old, () => ({ n: 1 }))] } });
  });

  it("takes only its own events as deleting", () => {
    const events = { A: z.object({}) };
    // @ts-expect-error "B" is no event
    defineTopic({ name: "x", events, compaction: { deletedBy: ["B"] } });
    // @ts-expect-error a key is a text
    defineTopic({ name: "x", events, key: () => 1 });
    // @ts-expect-error weeks are no unit
    defineTopic({ name: "x", events, retention: { age: { weeks: 1 } } });
  });
});

describe("the tables of a topic", () => {
  it("are typed by the stored form, binary data apart", () => {
    type Tables = TopicDatabaseOf<[Definition]>;
    expectTypeOf<keyof Tables>().toEqualTypeOf<"order_feed_events" | "order_feed_latest">();
    type Stored = Tables["order_feed_events"]["event"];
    expectTypeOf<Extract<Stored, { type: "InvoiceRendered" }>>().toEqualTypeOf<
      { readonly type: "InvoiceRendered" } & { readonly orderId: string }
    >();
    expectTypeOf<Tables["order_feed_latest"]["bytes"]>().toEqualTypeOf<Uint8Array | null>();
  });
});

describe("publishing", () => {
  it("takes the topic's events, with what goes with them", () => {
    topic.publish({ type: "OrderPlaced", orderId: "1", total: 1 });
    topic.publish(
      { type: "InvoiceRendered", orderId: "1", image: new Uint8Array() },
      { key: "k", headers: { a: "b" }, deduplicationKey: "d", tx: { tx: true } },
    );
    topic.publishAll([{ event: { type: "OrderPlaced", orderId: "1", total: 1 }, key: "k" }], {
      tx: "none",
    });
  });

  it("takes nothing else", () => {
    // @ts-expect-error no such event
    topic.publish({ type: "OrderLost", orderId: "1" });
    // @ts-expect-error a field is missing
    topic.publish({ type: "OrderPlaced", orderId: "1" });
    // @ts-expect-error a field is unknown
    topic.publish({ type: "OrderPlaced", orderId: "1", total: 1, more: 1 });
    // @ts-expect-error bytes are no text
    topic.publish({ type: "InvoiceRendered", orderId: "1", image: "text" });
    // @ts-expect-error headers are texts
    topic.publish({ type: "OrderPlaced", orderId: "1", total: 1 }, { headers: { a: 1 } });
    // @ts-expect-error a transaction of something else
    topic.publish({ type: "OrderPlaced", orderId: "1", total: 1 }, { tx: { other: 1 } });
    // @ts-expect-error the events of a call stand in publications
    topic.publishAll([{ type: "OrderPlaced", orderId: "1", total: 1 }]);
  });
});

describe("handlers of a topic of its own", () => {
  it("get the event's own type, its key and its headers", () => {
    const handlers: Handlers<Definition, string> = {
      OrderPlaced: (event, meta) => {
        expectTypeOf(event.total).toEqualTypeOf<number>();
        expectTypeOf(meta).toEqualTypeOf<PublishedEventMeta<Definition, string>>();
        expectTypeOf(meta.topic).toEqualTypeOf<"orderFeed">();
        expectTypeOf(meta.key).toEqualTypeOf<string>();
        // @ts-expect-error what is published has no number
        meta.sequence;
      },
      // @ts-expect-error no such event
      OrderLost: () => {},
    };
    expectTypeOf(handlers).toBeObject();
  });
});
