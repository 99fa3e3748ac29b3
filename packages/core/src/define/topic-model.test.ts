import { describe, expect, it } from "vitest";
import * as z from "zod";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { binary } from "./binary.ts";
import { defineTopic } from "./define-topic.ts";
import { spanMs } from "./span.ts";
import { upcast, upcastToEvents } from "./upcast.ts";

const Ticked = z.object({ at: z.string() });
const base = { name: "clock", events: { Ticked } };

const problem = (literal: object): string => {
  try {
    defineTopic(literal as never);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidDefinitionError);
    return (error as Error).message;
  }
  return "none";
};

describe("defineTopic", () => {
  it("fills in what the definition does not say", () => {
    expect(defineTopic(base).plan).toEqual({
      kind: "topic",
      name: "clock",
      eventsTable: "clock_events",
      eventTypes: ["Ticked"],
      partitions: { spanMs: 86_400_000, events: 1_000_000 },
      retention: undefined,
      compaction: undefined,
      deduplicationMs: 86_400_000,
    });
  });

  it("keeps what it says", () => {
    const { plan } = defineTopic({
      ...base,
      name: "orderFeed",
      partitions: { span: { hours: 1 }, events: 5 },
      retention: { age: { days: 7, minutes: 1 }, bytes: 10 },
      compaction: { deletedBy: ["Ticked"] },
      deduplication: { seconds: 0.5 },
    });
    expect(plan).toMatchObject({
      eventsTable: "order_feed_events",
      partitions: { spanMs: 3_600_000, events: 5 },
      retention: { ageMs: 604_860_000, events: undefined, bytes: 10 },
      compaction: {
        latestView: "order_feed_latest",
        latestTable: "order_feed_compacted",
        deletedBy: ["Ticked"],
      },
      deduplicationMs: 500,
    });
  });

  it("knows what else is stored", () => {
    const { plan } = defineTopic({
      ...base,
      versions: { Ticked: [upcast(z.object({ when: z.string() }), ({ when }) => ({ at: when }))] },
      renamed: { Tocked: "Ticked" },
      retired: { Rang: [upcastToEvents(z.object({}), () => [])] },
    });
    expect(plan.eventTypes).toEqual(["Ticked", "Rang", "Tocked"]);
  });

  it.each([
    [
      "versions of binary data",
      {
        name: "scans",
        events: { Scanned: z.object({ image: binary() }) },
        versions: { Scanned: [upcast(z.object({}), () => ({}))] },
      },
      /binary data, and older versions/,
    ],
    ["an old name of no event", { ...base, renamed: { Tocked: "Ticks" } }, /which is no event/],
    ["a name of two words", { ...base, name: "order feed" }, /not a plain word/],
    ["a name that is too long", { ...base, name: "a".repeat(50) }, /would truncate/],
    ["no events", { ...base, events: {} }, /declares no event/],
    ["no schema", { ...base, events: { Ticked: 1 } }, /not an object schema/],
    ["two names for one event", { ...base, events: { A_B: Ticked, AB: Ticked } }, /twice/],
    ["a reserved field", { ...base, events: { A: z.object({ v: z.int() }) } }, /reserves/],
    ["a date", { ...base, events: { A: z.object({ at: z.date() }) } }, /does not survive JSON/],
    [
      "two binary fields",
      { ...base, events: { A: z.object({ a: binary(), b: binary() }) } },
      /two binary fields, "a" and "b"/,
    ],
    [
      "an optional binary field",
      { ...base, events: { A: z.object({ a: binary().optional() }) } },
      /the event "A" at a: binary data does not survive JSON/,
    ],
    [
      "binary data further down",
      { ...base, events: { A: z.object({ a: z.object({ b: binary() }) }) } },
      /at a\.b: binary/,
    ],
    [
      "a check over binary data",
      { ...base, events: { A: z.object({ a: binary() }).refine(() => true) } },
      /a check over the whole payload/,
    ],
    ["an empty retention", { ...base, retention: {} }, /says no limit/],
    ["no length of time", { ...base, retention: { age: {} } }, /retention\.age is no length/],
    ["a negative time", { ...base, deduplication: { days: -1 } }, /deduplication is no length/],
    ["another unit", { ...base, partitions: { span: { weeks: 1 } } }, /partitions\.span/],
    [
      "half an event",
      { ...base, partitions: { events: 0.5 } },
      /partitions\.events is not a whole/,
    ],
    ["no events to keep", { ...base, retention: { events: 0 } }, /retention\.events/],
    ["no bytes to keep", { ...base, retention: { bytes: -1 } }, /retention\.bytes/],
    [
      "deletion by an event that is not there",
      { ...base, compaction: { deletedBy: ["Gone"] } },
      /"Gone", which is no event of this topic/,
    ],
  ])("refuses %s", (_, literal, expected) => {
    expect(problem(literal)).toMatch(expected);
  });
});

describe("spanMs", () => {
  it("adds units up", () => {
    expect(spanMs({ days: 1, hours: 2, minutes: 3, seconds: 4.5 })).toBe(93_784_500);
  });

  it.each([[{}], [{ days: 0 }], [{ days: Number.NaN }], [{ days: 1e9 }], [{ hours: "1" }]])(
    "%j is none",
    (span) => {
      expect(spanMs(span as never)).toBeUndefined();
    },
  );
});
