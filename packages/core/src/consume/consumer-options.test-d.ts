import { expectTypeOf, it } from "vitest";
import * as z from "zod";
import { defineEntity } from "../define/define-entity.ts";
import { MemoryStore } from "../memory/memory-store.ts";
import type { MemoryTransaction } from "../memory/memory-transaction.ts";
import { createStoreConsumer } from "./consumer.ts";

const User = defineEntity({
  name: "user",
  id: z.uuid().brand("UserId"),
  schema: z.object({ name: z.string() }),
  events: { Registered: z.object({ name: z.string() }), Renamed: z.object({ to: z.string() }) },
  create: (name: string) => ({ type: "Registered", name }),
  evolve: {
    Registered: (_, { name }) => ({ name }),
    Renamed: (state, { to }) => ({ ...state, name: to }),
  },
  commands: {},
  index: {},
});

const Order = defineEntity({
  name: "order",
  schema: z.object({ cents: z.int() }),
  events: { Placed: z.object({ cents: z.int() }) },
  create: (cents: number) => ({ type: "Placed", cents }),
  evolve: { Placed: (_, { cents }) => ({ cents }) },
  commands: {},
  index: {},
});

const store = new MemoryStore();

it("infers handlers of one topic", () => {
  createStoreConsumer(store, {
    name: "one",
    topics: [User],
    on: {
      Registered: (event, meta) => {
        expectTypeOf(event).toEqualTypeOf<
          { readonly type: "Registered" } & Readonly<{ name: string }>
        >();
        expectTypeOf(meta.tx).toEqualTypeOf<MemoryTransaction>();
        expectTypeOf(meta.topic).toEqualTypeOf<"user">();
        expectTypeOf<typeof meta.entityId>().toExtend<string & z.BRAND<"UserId">>();
      },
    },
  });
  // @ts-expect-error no such event
  createStoreConsumer(store, { name: "one", topics: [User], on: { Placed: () => {} } });
});

it("infers handlers of several topics, by topic", () => {
  createStoreConsumer(store, {
    name: "several",
    topics: [User, Order],
    on: {
      user: { Renamed: ({ to }) => void expectTypeOf(to).toBeString() },
      order: { Placed: ({ cents }) => void expectTypeOf(cents).toBeNumber() },
    },
  });
  const several = { name: "several", topics: [User, Order] } as const;
  // @ts-expect-error the event is another topic's
  createStoreConsumer(store, { ...several, on: { user: { Placed: () => {} } } });
  // @ts-expect-error no such topic
  createStoreConsumer(store, { ...several, on: { invoice: {} } });
});

it("gives one handler, or one of batches, the union of all events", () => {
  createStoreConsumer(store, {
    name: "all",
    topics: [User, Order],
    onEvent: (event) => {
      expectTypeOf(event.type).toEqualTypeOf<"Registered" | "Renamed" | "Placed">();
      if (event.type === "Placed") expectTypeOf(event.cents).toBeNumber();
    },
  });
  createStoreConsumer(store, {
    name: "batches",
    topics: [User, Order],
    only: { types: ["Registered", "Placed"] },
    batch: {
      handle: (events, { tx }) => {
        expectTypeOf(tx).toEqualTypeOf<MemoryTransaction>();
        for (const { topic, event } of events) {
          if (topic === "order") expectTypeOf(event.type).toEqualTypeOf<"Placed">();
        }
      },
    },
  });
});

it("gives no transaction where none is open", () => {
  createStoreConsumer(store, {
    name: "outside",
    topics: [User],
    delivery: "at-least-once",
    on: { Registered: (_, { tx }) => void expectTypeOf(tx).toEqualTypeOf<undefined>() },
  });
});

it("takes exactly one kind of handler", () => {
  // @ts-expect-error none
  createStoreConsumer(store, { name: "none", topics: [User] });
  // @ts-expect-error two
  createStoreConsumer(store, { name: "two", topics: [User], on: {}, onEvent: () => {} });
});
