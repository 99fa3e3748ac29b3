import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { Entity } from "../decide/entity.ts";
import { defineEntity } from "../define/define-entity.ts";
import { MemoryStore } from "../memory/memory-store.ts";
import type { Consumer } from "./consumer.ts";
import { type ReplayResult, replayStore } from "./replay.ts";
import { runConsumers } from "./run-consumers.ts";

const Lamp = defineEntity({
  name: "lamp",
  schema: z.object({ on: z.boolean() }),
  events: { Made: z.object({}), Switched: z.object({ on: z.boolean() }) },
  create: () => ({ type: "Made" }),
  evolve: { Made: () => ({ on: false }), Switched: (_, { on }) => ({ on }) },
  commands: {},
  index: {},
});

const store = new MemoryStore();
declare const consumer: Consumer;
declare const lamp: Entity<typeof Lamp>;
const { signal } = new AbortController();

describe("replay", () => {
  const onEvent = () => {};
  const all = { topics: [Lamp], onEvent } as const;

  it("takes the handlers of a consumer, without a transaction", () => {
    const replayed = replayStore(store, {
      topics: [Lamp],
      on: {
        Switched: (event, { tx, entityId }) => {
          expectTypeOf(event.on).toEqualTypeOf<boolean>();
          expectTypeOf(tx).toEqualTypeOf<undefined>();
          expectTypeOf(entityId).toEqualTypeOf<string>();
        },
      },
    });
    expectTypeOf(replayed).toEqualTypeOf<Promise<ReplayResult>>();
    replayStore(store, { topics: [Lamp], batch: { size: 10, handle: () => {} } });
    // @ts-expect-error no such event
    replayStore(store, { topics: [Lamp], on: { Opened: onEvent } });
    // @ts-expect-error no handler
    replayStore(store, { topics: [Lamp] });
    // @ts-expect-error two of them
    replayStore(store, { ...all, on: {} });
  });

  it("goes from a place to a place", () => {
    replayStore(store, { ...all, name: "again", from: "beginning", to: { time: new Date() } });
    replayStore(store, { ...all, from: { position: 3 }, to: { position: 9 }, signal });
    replayStore(store, { ...all, only: { types: ["Made"], keys: ["a"] }, batchSize: 10 });
    // @ts-expect-error no such place
    replayStore(store, { ...all, to: "end" });
    // @ts-expect-error a position says that it is one
    replayStore(store, { ...all, from: 3 });
    // @ts-expect-error no such event
    replayStore(store, { ...all, only: { types: ["Opened"] } });
  });

  it("has nothing of what a consumer remembers or repeats", () => {
    // @ts-expect-error it starts at `from`
    replayStore(store, { ...all, start: "now" });
    // @ts-expect-error nothing is exactly once
    replayStore(store, { ...all, delivery: "exactly-once" });
    // @ts-expect-error there are no slots
    replayStore(store, { ...all, slots: 2 });
    // @ts-expect-error a failure ends it
    replayStore(store, { ...all, onFailure: "skip" });
    // @ts-expect-error and is not repeated
    replayStore(store, { ...all, retry: { attempts: 2 } });
    // @ts-expect-error nobody leases anything
    replayStore(store, { ...all, leaseMs: 1_000 });
  });
});

describe("runConsumers", () => {
  it("runs consumers until a signal", () => {
    expectTypeOf(runConsumers([consumer], { signal, concurrency: 2 })).toEqualTypeOf<
      Promise<void>
    >();
    // @ts-expect-error nothing would end them
    runConsumers([consumer], {});
    // @ts-expect-error nothing would end them
    runConsumers([consumer]);
    // @ts-expect-error a list
    runConsumers(consumer, { signal });
    // @ts-expect-error consumers, not their names
    runConsumers(["lamps"], { signal });
    // @ts-expect-error a number
    runConsumers([consumer], { signal, concurrency: "2" });
    // @ts-expect-error something else than a consumer that was opened
    runConsumers([{ name: "lamps", run: consumer.run }], { signal });
  });

  it("is like one consumer, which needs a signal to run, and none to catch up", () => {
    expectTypeOf(consumer.run({ signal })).toEqualTypeOf<Promise<void>>();
    expectTypeOf(consumer.catchUp()).toEqualTypeOf<Promise<number>>();
    consumer.catchUp({ signal });
    // @ts-expect-error nothing would end it
    consumer.run();
    // @ts-expect-error nothing would end it
    consumer.run({});
  });
});

describe("waitFor", () => {
  it("takes an entity, what tells one, or a position", () => {
    expectTypeOf(consumer.waitFor(lamp)).toEqualTypeOf<Promise<void>>();
    consumer.waitFor({ entity: Lamp, id: "a", version: 1 }, { timeoutMs: 100, signal });
    consumer.waitFor(7);
    // @ts-expect-error an id alone has no version
    consumer.waitFor("a");
    // @ts-expect-error no version
    consumer.waitFor({ entity: Lamp, id: "a" });
    // @ts-expect-error the definition, not its name
    consumer.waitFor({ entity: "lamp", id: "a", version: 1 });
    // @ts-expect-error a position is a number
    consumer.waitFor({ position: 7 });
    // @ts-expect-error milliseconds
    consumer.waitFor(7, { timeoutMs: "1s" });
    // @ts-expect-error no such option
    consumer.waitFor(7, { timeout: 100 });
  });
});
