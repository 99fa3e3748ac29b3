import {
  type AnyEntity,
  createStoreConsumer,
  createStoreRepository,
  defineEntity,
  StoredEventError,
} from "@annals/core";
import { model } from "@annals/core/adapter";
import { expect } from "vitest";
import * as z from "zod";
import { contractGroup } from "../contract-case.ts";
import { thrownBy } from "../thrown-by.ts";

const defineCounter = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ count: z.int() }),
    events: { Started: z.object({}), Added: z.object({ by: z.int() }), Reset: z.object({}) },
    create: () => ({ type: "Started" }),
    evolve: {
      Started: () => ({ count: 0 }),
      Added: (state, { by }) => ({ count: state.count + by }),
      Reset: () => ({ count: 0 }),
    },
    commands: {
      add: (_, by: number) => ({ type: "Added", by }),
      reset: (_) => ({ type: "Reset" }),
    },
    index: { count: {} },
  });

/** The same definition, tables and all, as code would have it that never knew these events. */
const without = <Definition extends AnyEntity>(
  definition: Definition,
  ...types: readonly string[]
): Definition => {
  const events = [...definition[model].events].filter(([type]) => !types.includes(type));
  return { ...definition, [model]: { ...definition[model], events: new Map(events) } };
};

/** The same definition, with another payload for the event. */
const withPayload = <Definition extends AnyEntity>(
  definition: Definition,
  type: string,
  like: AnyEntity,
): Definition => {
  const events = new Map(definition[model].events);
  const other = like[model].events.get(type);
  if (other !== undefined) events.set(type, other);
  return { ...definition, [model]: { ...definition[model], events } };
};

const defineStricter = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ count: z.int() }),
    events: { Added: z.object({ by: z.int().max(3) }) },
    create: () => ({ type: "Added", by: 0 }),
    evolve: { Added: () => ({ count: 0 }) },
    commands: {},
    index: {},
  });

export const storedEvents = contractGroup("stored events", {
  "an unknown event is an error that says where it is, in every reading": async (bench) => {
    const Counter = await bench.define(defineCounter);
    const counters = createStoreRepository(Counter, bench.store);
    const made = await counters.create();
    made.add(2);
    made.reset();
    await counters.update(made);

    const old = createStoreRepository(without(Counter, "Reset"), bench.store);
    const readings = [() => old.findById(made.id), () => old.findAll([made.id]), () => old.list()];
    for (const read of readings) {
      const error = await thrownBy(read(), StoredEventError);
      expect(error.table).toBe(Counter.plan.eventsTable);
      expect(error.id).toBe(made.id);
      expect(error.sequence).toBe(3);
      expect(error.issues[0]?.path).toEqual(["type"]);
      expect(error.message).toContain(Counter.plan.eventsTable);
    }
  },

  "an event that does not fit is an error that says where, without the value": async (bench) => {
    const Counter = await bench.define(defineCounter);
    const counters = createStoreRepository(Counter, bench.store);
    const made = await counters.create();
    made.add(7_777);
    await counters.update(made);
    const stricter = withPayload(Counter, "Added", defineStricter("stricter"));
    const reading = createStoreRepository(stricter, bench.store).findById(made.id);
    const error = await thrownBy(reading, StoredEventError);
    expect(error.sequence).toBe(2);
    expect(error.issues[0]?.path).toEqual(["by"]);
    expect(error.message).not.toContain("7777");
  },

  "an event of a version that the definition does not know is an error": async (bench) => {
    const Counter = await bench.define(defineCounter);
    const counters = createStoreRepository(Counter, bench.store);
    const made = await counters.create();
    const result = await bench.store.entity(Counter.plan).write(
      {
        id: made.id,
        expectedVersion: 1,
        events: [{ type: "Added", version: 2, body: { type: "Added", v: 2, by: 1 } }],
        context: null,
        columns: [1],
      },
      undefined,
    );
    expect(result.kind).toBe("written");
    const error = await thrownBy(counters.findById(made.id), StoredEventError);
    expect(error.sequence).toBe(2);
    expect(error.issues[0]?.path).toEqual(["v"]);
  },

  "a reducer that throws at a stored event is an error that says where": async (bench) => {
    const Counter = await bench.define(defineCounter);
    const counters = createStoreRepository(Counter, bench.store);
    const made = await counters.create();
    made.add(1);
    await counters.update(made);
    const cause = new Error("a bug");
    const events = new Map(Counter[model].events);
    const added = events.get("Added");
    if (added === undefined) throw cause;
    const reduce = () => {
      throw cause;
    };
    events.set("Added", { ...added, reduce });
    const broken = { ...Counter, [model]: { ...Counter[model], events } };
    const error = await thrownBy(
      createStoreRepository(broken, bench.store).findById(made.id),
      StoredEventError,
    );
    expect([error.table, error.id, error.sequence]).toEqual([Counter.plan.eventsTable, made.id, 2]);
    expect(error.cause).toBe(cause);
  },

  "keys that a newer writer added are passed over": async (bench) => {
    const Counter = await bench.define(defineCounter);
    const counters = createStoreRepository(Counter, bench.store);
    const made = await counters.create();
    const body = { type: "Added", by: 4, note: "new" };
    const write = { id: made.id, expectedVersion: 1, columns: [4], context: null };
    const events = [{ type: "Added", version: 1, body }];
    await bench.store.entity(Counter.plan).write({ ...write, events }, undefined);
    const read = await counters.findById(made.id);
    expect(read.state).toEqual({ count: 4 });
    expect(read.history[1]).toEqual({ type: "Added", by: 4 });
  },

  "an event that a consumer does not know waits for one that does, and its entity with it": async (
    bench,
  ) => {
    const Counter = await bench.define(defineCounter);
    const counters = createStoreRepository(Counter, bench.store);
    const made = await counters.create();
    made.add(1);
    made.reset();
    made.add(2);
    await counters.update(made);
    const other = await counters.create();
    const seen: string[] = [];
    const note = (type: string, { entityId }: { entityId: string }) =>
      void seen.push(`${entityId} ${type}`);
    const old = createStoreConsumer(bench.store, {
      name: Counter.name,
      topics: [without(Counter, "Reset")],
      on: {
        Started: ({ type }, meta) => note(type, meta),
        Added: ({ type }, meta) => note(type, meta),
      },
    });
    await old.catchUp();
    await old.catchUp();
    expect(seen).toEqual([`${made.id} Started`, `${made.id} Added`, `${other.id} Started`]);
    const [letter] = await bench.store.consumers().deadLetters({ consumer: Counter.name });
    expect(letter).toMatchObject({ status: "waiting", attempts: 0, sequence: 3, error: null });

    await createStoreConsumer(bench.store, {
      name: Counter.name,
      topics: [Counter],
      onEvent: ({ type }, meta) => note(type, meta),
    }).catchUp();
    expect(seen.slice(3)).toEqual([`${made.id} Reset`, `${made.id} Added`]);
    expect(await bench.store.consumers().deadLetters({ consumer: Counter.name })).toEqual([]);
  },
});
