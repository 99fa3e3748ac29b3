import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { History } from "../decide/history.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import type { JsonObject } from "../define/json-value.ts";
import { defineEntity, upcast, upcastToEvents } from "../index.ts";
import { decodeEvent } from "./decode-event.ts";
import { hydrate, hydratePast } from "./hydrate.ts";

const ID = "01890a5d-ac96-774b-bcce-b302099a8057";

/** A counter whose event "Added" has so many older versions, each with a field of its own. */
const counterWith = (older: number) => {
  const field = (version: number) => `by${version}`;
  const versions = Array.from({ length: older }, (_, at) =>
    upcast(z.object({ [field(at + 1)]: z.int() }), (payload) => ({
      [at + 1 === older ? "by" : field(at + 2)]: (payload[field(at + 1)] as number) + 1,
    })),
  );
  const Counter = defineEntity({
    name: "counter",
    schema: z.object({ total: z.int() }),
    events: { Added: z.object({ by: z.int() }), Emptied: z.object({}) },
    // The versions are made, so their types say nothing.
    ...(older > 0 && { versions: { Added: versions } as never }),
    renamed: { Emptied_: "Emptied", Increased: "Added" },
    retired: {
      Split: [
        upcastToEvents(z.object({ parts: z.array(z.int()) }), ({ parts }) =>
          parts.map((by) => ({ type: "Added", by })),
        ),
      ],
    },
    create: (by: number) => ({ type: "Added", by }),
    evolve: {
      Added: (state: { total: number } | undefined, { by }) => ({
        total: (state?.total ?? 0) + by,
      }),
      Emptied: () => ({ total: 0 }),
    },
    commands: { add: (_, by: number) => ({ type: "Added", by }) },
    index: {},
  });
  const body = (version: number, by: number, type = "Added"): JsonObject => ({
    type,
    ...(version > 1 && { v: version }),
    [version > older ? "by" : field(version)]: by,
  });
  return { model: Counter[modelKey], body };
};

/** A stored event as a test means it: what it is, and what it is to become. */
const storedBy = (older: number) => {
  const int = fc.integer({ min: -99, max: 99 });
  return fc.oneof(
    fc.record({
      kind: fc.constant("added" as const),
      version: fc.integer({ min: 1, max: older + 1 }),
      by: int,
      type: fc.constantFrom("Added", "Increased"),
    }),
    fc.record({ kind: fc.constant("split" as const), parts: fc.array(int, { maxLength: 4 }) }),
    fc.record({ kind: fc.constant("emptied" as const) }),
  );
};

const scenario = fc.integer({ min: 0, max: 5 }).chain((older) =>
  fc.record({
    older: fc.constant(older),
    stored: fc.array(storedBy(older), { maxLength: 12 }),
    steps: fc.array(
      fc.oneof(
        fc.record({ do: fc.constant("add" as const), by: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ do: fc.constantFrom("commit" as const, "rollback" as const) }),
        fc.record({ do: fc.constant("undo" as const), by: fc.integer({ min: 1, max: 9 }) }),
      ),
      { maxLength: 12 },
    ),
  }),
);

describe("any mixture of versions, old names and splits", () => {
  it("folds into what a list of newest events would, and counts what is stored", () => {
    fc.assert(
      fc.property(scenario, ({ older, stored, steps }) => {
        const { model, body } = counterWith(older);
        const first = body(older + 1, 5);
        const expected: object[] = [{ type: "Added", by: 5 }];
        const bodies = [first];
        for (const event of stored) {
          if (event.kind === "added") {
            bodies.push(body(event.version, event.by, event.type));
            expected.push({ type: "Added", by: event.by + older + 1 - event.version });
          } else if (event.kind === "split") {
            bodies.push({ type: "Split", parts: event.parts });
            expected.push(...event.parts.map((by) => ({ type: "Added", by })));
          } else {
            bodies.push({ type: "Emptied_" });
            expected.push({ type: "Emptied" });
          }
        }
        const history = hydrate(model, { id: ID, version: bodies.length, events: bodies });

        // The model: the list of events, and how many of its last ones are not stored.
        let version = bodies.length;
        let pending: object[] = [];
        const check = (): void => {
          const all = [...expected, ...pending];
          expect(history.events).toEqual(all);
          expect(history.pending).toEqual(pending);
          expect(history.version).toBe(version);
          expect(history.state).toEqual({ total: total(all) });
        };
        check();
        for (const step of steps) {
          if (step.do === "add") {
            history.record("add", [{ type: "Added", by: step.by }]);
            pending.push({ type: "Added", by: step.by });
          } else if (step.do === "undo") {
            const mark = history.mark();
            history.record("add", [{ type: "Added", by: step.by }]);
            history.takeBack(mark);
          } else {
            const write = history.beginWrite();
            expect(write === undefined).toBe(pending.length === 0);
            if (write === undefined) continue;
            expect(write.expectedVersion).toBe(version);
            expect(write.events).toHaveLength(pending.length);
            expect(history.eventsOf(write)).toEqual(pending);
            const end = history.endWrite(write);
            if (step.do === "rollback") end("rolledBack");
            else {
              end("committed");
              version += pending.length;
              expected.push(...pending);
              pending = [];
            }
          }
          check();
        }
        const copy = new History(model, ID);
        copy.replay(history);
        expect([copy.version, copy.events]).toEqual([version, history.events]);
      }),
    );
  });
});

const total = (events: readonly object[]): number =>
  (events as { type: string; by?: number }[]).reduce(
    (sum, { type, by = 0 }) => (type === "Emptied" ? 0 : sum + by),
    0,
  );

describe("an event that deletes", () => {
  const Task = defineEntity({
    name: "task",
    schema: z.object({ title: z.string() }),
    events: { Made: z.object({ title: z.string() }), Gone: z.object({}), Back: z.object({}) },
    retired: {
      Pair: [upcastToEvents(z.object({}), () => [{ type: "Gone" }, { type: "Back" }])],
      Closed: [upcastToEvents(z.object({}), () => [{ type: "Back" }, { type: "Gone" }])],
      Noise: [upcastToEvents(z.object({}), () => [])],
    },
    create: (title: string) => ({ type: "Made", title }),
    evolve: { Made: (_, { title }) => ({ title }), Gone: (state) => state, Back: (state) => state },
    commands: {},
    index: {},
    lifecycle: { delete: "Gone", restore: "Back" },
  });

  it.each([
    [["Noise", "Closed", "Noise"], 3],
    [["Gone", "Noise", "Pair"], undefined],
    [["Pair", "Gone"], 3],
    [["Noise", "Noise", "Gone", "Noise"], 4],
  ])("is told by the sequence that is stored: %s", (types, deletedBy) => {
    const events = [{ type: "Made", title: "x" }, ...types.map((type) => ({ type }))];
    const history = hydrate(Task[modelKey], { id: ID, version: events.length, events });
    expect([history.deletedBy, history.isDeleted]).toEqual([deletedBy, deletedBy !== undefined]);
  });

  it("is told by its sequence also when it was decided after a split", () => {
    const events = [{ type: "Made", title: "x" }, { type: "Pair" }, { type: "Noise" }];
    const history = hydrate(Task[modelKey], { id: ID, version: 3, events });
    history.record("leave", [{ type: "Gone" }]);
    expect(history.deletedBy).toBe(4);
  });

  it("makes no entity of events that became none", () => {
    const events = [{ type: "Noise" }];
    expect(hydratePast(Task[modelKey], { id: ID, version: 1, events })).toBeUndefined();
    expect(() => hydrate(Task[modelKey], { id: ID, version: 1, events })).toThrow("leave no event");
  });
});

describe("what an upcaster must not return", () => {
  const read = (returned: unknown, becomes: "payload" | "events" = "payload") => {
    const Thing = defineEntity({
      name: "thing",
      schema: z.object({ a: z.string() }),
      events: { Made: z.object({ a: z.string(), b: z.object({ c: z.int() }).optional() }) },
      // What code without types may return.
      ...(becomes === "payload"
        ? { versions: { Made: [upcast(z.object({}), () => returned as { a: string })] } }
        : { retired: { Old: [upcastToEvents(z.object({}), () => returned as [])] } }),
      create: () => ({ type: "Made", a: "" }),
      evolve: { Made: (_, { a }) => ({ a }) },
      commands: {},
      index: {},
    });
    const body = { type: becomes === "payload" ? "Made" : "Old" };
    return () => decodeEvent(Thing[modelKey], ID, 1, body);
  };

  it.each([
    ["nothing", undefined, /^Event 1 .* upcaster of version 1 of "Made" returned what the next/],
    ["a list", [{ a: "x" }], /returned what the next schema does not take/],
    ["a promise", Promise.resolve({ a: "x" }), /returned a promise/],
    ["a value of another type", { a: 1 }, /a: the upcaster/],
    ["a field too many", { a: "x", extra: "secret" }, /extra: .* does not have/],
    ["a field too many further in", { a: "x", b: { c: 1, d: 2 } }, /b\.d: .* does not have/],
  ])("is %s as a payload", (_, returned, message) => {
    expect(read(returned)).toThrow(message);
    expect(read(returned)).not.toThrow("secret");
  });

  it.each([
    ["nothing", undefined, /of version 1 of "Old" returned no list of events/],
    ["one event", { type: "Made", a: "x" }, /returned no list of events/],
    ["what is no event", [null], /0\.type: .* no event of the definition/],
    ["an unknown event", [{ type: "Gone" }], /0\.type: .* no event of the definition/],
    ["an event that does not fit", [{ type: "Made", a: "" }, { type: "Made" }], /1\.a: /],
    ["an event with a field too many", [{ type: "Made", a: "", z: 1 }], /0\.z: .* does not have/],
  ])("is %s as events", (_, returned, message) => {
    expect(read(returned, "events")).toThrow(message);
  });

  it("is never anything but what fits", () => {
    expect(read({ a: "x" })()).toEqual([{ type: "Made", a: "x" }]);
    expect(read([], "events")()).toEqual([]);
  });
});

it("reads stored keys that a newer writer added to an old version", () => {
  const { model, body } = counterWith(2);
  expect(decodeEvent(model, ID, 1, { ...body(1, 3), note: "new" })).toEqual([
    { type: "Added", by: 5 },
  ]);
});

it.each([0, -1, 1, 1.5, "2", null, 9])("refuses %j as a version", (v) => {
  const { model } = counterWith(2);
  expect(() => decodeEvent(model, ID, 1, { type: "Added", v, by: 1 })).toThrow("no version");
});
