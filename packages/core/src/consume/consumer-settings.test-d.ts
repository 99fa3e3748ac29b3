import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { defineEntity } from "../define/define-entity.ts";
import { defineTopic } from "../define/define-topic.ts";
import { MemoryStore } from "../memory/memory-store.ts";
import { retryLater, skipEvent, stopConsumer } from "./answer.ts";
import { createStoreConsumer } from "./consumer.ts";

const defineScoped = <Name extends string>(name: Name) =>
  defineEntity({
    name,
    scope: ["tenantId"],
    schema: z.object({ tenantId: z.string(), title: z.string() }),
    events: { Opened: z.object({ tenantId: z.string(), title: z.string() }) },
    create: (title: string, { scope }) => ({ type: "Opened", tenantId: scope.tenantId, title }),
    evolve: { Opened: (_, { tenantId, title }) => ({ tenantId, title }) },
    commands: {},
    index: {},
  });

const Project = defineScoped("project");
const Ticket = defineScoped("ticket");

const Lamp = defineEntity({
  name: "lamp",
  schema: z.object({ on: z.boolean() }),
  events: { Made: z.object({}), Switched: z.object({ on: z.boolean() }) },
  create: () => ({ type: "Made" }),
  evolve: { Made: () => ({ on: false }), Switched: (_, { on }) => ({ on }) },
  commands: {},
  index: {},
});

const Feed = defineTopic({
  name: "feed",
  events: { Announced: z.object({ headline: z.string() }) },
  key: ({ headline }) => headline,
});

const store = new MemoryStore();
const onEvent = () => {};
const lamps = { name: "lamps", topics: [Lamp], onEvent } as const;

describe("what a consumer follows", () => {
  it("is at least one topic", () => {
    createStoreConsumer(store, { ...lamps, topics: [Lamp, Feed] });
    // @ts-expect-error none
    createStoreConsumer(store, { ...lamps, topics: [] });
    // @ts-expect-error a definition, not its name
    createStoreConsumer(store, { ...lamps, topics: ["lamp"] });
    // @ts-expect-error no topics
    createStoreConsumer(store, { name: "lamps", onEvent });
    // @ts-expect-error no name
    createStoreConsumer(store, { topics: [Lamp], onEvent });
  });

  it("has a key, and what it is an event of", () => {
    createStoreConsumer(store, {
      name: "both",
      topics: [Project, Feed],
      on: {
        project: {
          Opened: (_, meta) => {
            expectTypeOf(meta.scope).toEqualTypeOf<{ readonly tenantId: string }>();
            expectTypeOf(meta.sequence).toEqualTypeOf<number>();
          },
        },
        feed: {
          Announced: (_, meta) => {
            expectTypeOf(meta.key).toEqualTypeOf<string>();
            // @ts-expect-error what is published has no number within an entity
            void meta.sequence;
          },
        },
      },
    });
  });

  it("is chosen by types of events of its topics", () => {
    createStoreConsumer(store, { ...lamps, only: { types: ["Switched"], keys: ["a"] } });
    // @ts-expect-error no such event
    createStoreConsumer(store, { ...lamps, only: { types: ["Opened"] } });
    // @ts-expect-error keys are texts
    createStoreConsumer(store, { ...lamps, only: { keys: [1] } });
    // @ts-expect-error no such choice
    createStoreConsumer(store, { ...lamps, only: { events: ["Switched"] } });
  });

  it("is chosen by a scope where its topics have one", () => {
    const scoped = { name: "scoped", topics: [Project, Ticket], onEvent } as const;
    createStoreConsumer(store, { ...scoped, only: { scope: { tenantId: "acme" } } });
    // @ts-expect-error not all of the scope
    createStoreConsumer(store, { ...scoped, only: { scope: {} } });
    // @ts-expect-error not its type
    createStoreConsumer(store, { ...scoped, only: { scope: { tenantId: 1 } } });
    // @ts-expect-error no such column
    createStoreConsumer(store, { ...scoped, only: { scope: { tenantId: "acme", of: "x" } } });
    // @ts-expect-error lamps are in no scope
    createStoreConsumer(store, { ...lamps, only: { scope: {} } });
    // @ts-expect-error nor is what was published
    createStoreConsumer(store, { name: "feed", topics: [Feed], onEvent, only: { scope: {} } });
  });
});

describe("the settings of a consumer", () => {
  it("say where it starts", () => {
    for (const start of ["beginning", "now"] as const)
      createStoreConsumer(store, { ...lamps, start });
    createStoreConsumer(store, { ...lamps, start: { time: new Date() } });
    createStoreConsumer(store, { ...lamps, start: { position: 7 } });
    createStoreConsumer(store, { ...lamps, start: { consumer: "other" } });
    // @ts-expect-error no such place
    createStoreConsumer(store, { ...lamps, start: "end" });
    // @ts-expect-error a position says that it is one
    createStoreConsumer(store, { ...lamps, start: 7 });
    // @ts-expect-error a time is a Date
    createStoreConsumer(store, { ...lamps, start: { time: "2026-01-01" } });
  });

  it("are words of their own", () => {
    createStoreConsumer(store, { ...lamps, changedTopics: "from-checkpoint", onFailure: "skip" });
    // @ts-expect-error no such answer to changed topics
    createStoreConsumer(store, { ...lamps, changedTopics: "ignore" });
    // @ts-expect-error no such policy
    createStoreConsumer(store, { ...lamps, onFailure: "ignore" });
    // @ts-expect-error no such delivery
    createStoreConsumer(store, { ...lamps, delivery: "at-most-once" });
  });

  it("are numbers", () => {
    createStoreConsumer(store, {
      ...lamps,
      slots: 4,
      retry: { attempts: 3, firstMs: 10, maxMs: 1_000 },
      maxHeldKeys: 10,
      timeoutMs: 1_000,
      batchSize: 10,
      pollIntervalMs: 10,
      leaseMs: 1_000,
      stopTimeoutMs: 1_000,
    });
    // @ts-expect-error not a list of them
    createStoreConsumer(store, { ...lamps, slots: [0, 1] });
    // @ts-expect-error attempts alone are no delays
    createStoreConsumer(store, { ...lamps, retry: 3 });
    // @ts-expect-error no such delay
    createStoreConsumer(store, { ...lamps, retry: { delayMs: 3 } });
    // @ts-expect-error milliseconds
    createStoreConsumer(store, { ...lamps, timeoutMs: "1s" });
  });

  it("are no others", () => {
    // @ts-expect-error a batch has a size
    createStoreConsumer(store, { ...lamps, batchMax: 10 });
    // @ts-expect-error a clock tells the time, and sleeps
    createStoreConsumer(store, { ...lamps, clock: { now: () => new Date() } });
    // @ts-expect-error a context is made by defineContext
    createStoreConsumer(store, { ...lamps, context: { actor: "user" } });
    // @ts-expect-error a provider wraps and unwraps
    createStoreConsumer(store, { ...lamps, keys: "secret" });
  });
});

describe("a handler", () => {
  it("answers nothing, or what the functions beside it make", () => {
    createStoreConsumer(store, { ...lamps, onEvent: async () => {} });
    createStoreConsumer(store, { ...lamps, onEvent: () => skipEvent("of no use") });
    createStoreConsumer(store, { ...lamps, onEvent: async () => retryLater(5) });
    createStoreConsumer(store, { ...lamps, onEvent: () => stopConsumer("enough") });
    // @ts-expect-error a word is no answer
    createStoreConsumer(store, { ...lamps, onEvent: () => "skip" });
    // @ts-expect-error nor is what looks like one
    createStoreConsumer(store, { ...lamps, onEvent: async () => ({ kind: "skip", reason: "r" }) });
  });

  it("of batches says how large they are", () => {
    const batches = { name: "batches", topics: [Lamp] } as const;
    const handle = () => {};
    createStoreConsumer(store, { ...batches, batch: { size: 10, waitMs: 5, handle } });
    createStoreConsumer(store, {
      ...batches,
      delivery: "at-least-once",
      batch: { handle: (_, { tx }) => void expectTypeOf(tx).toEqualTypeOf<undefined>() },
    });
    // @ts-expect-error no handler
    createStoreConsumer(store, { ...batches, batch: { size: 10 } });
    // @ts-expect-error no such setting
    createStoreConsumer(store, { ...batches, batch: { maxSize: 10, handle } });
    // @ts-expect-error beside another handler
    createStoreConsumer(store, { ...batches, on: {}, batch: { handle } });
  });
});
