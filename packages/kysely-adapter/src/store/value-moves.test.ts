import { defineEntity } from "@annals/core";
import type { BatchWrite } from "@annals/core/adapter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { valueMoves } from "./value-moves.ts";

const { plan } = defineEntity({
  name: "piece",
  schema: z.object({ a: z.string(), b: z.string().nullable() }),
  events: { Placed: z.object({}) },
  create: () => ({ type: "Placed" }),
  evolve: { Placed: () => ({ a: "", b: null }) },
  commands: {},
  index: { a: { unique: true }, b: { unique: true } },
});

type Held = readonly [a: string, b: string | null] | undefined;

const write = (heldBefore: Held, heldAfter: Held): BatchWrite => ({
  id: "",
  expectedVersion: 1,
  events: [],
  columns: heldAfter ?? [],
  context: null,
  heldBefore,
  heldAfter,
});

const movesOf = (writes: readonly BatchWrite[], cost = () => 0) => valueMoves(plan, writes, cost);

/** What a database sees that checks each row as it is written; `true` when nothing was taken too early. */
const succeeds = (writes: readonly BatchWrite[]): boolean => {
  const { order, parked } = movesOf(writes);
  const rows = writes.map(({ heldBefore }) => [...(heldBefore ?? [null, null])]);
  for (const { at, constraints } of parked) {
    for (const { columns } of constraints) {
      const row = rows[at] as (unknown | null)[];
      row[columns[0] === "a" ? 0 : 1] = `stands in for ${at}`;
    }
  }
  for (const at of order) {
    const after = [...(writes[at]?.heldAfter ?? [null, null])];
    const isTaken = rows.some(
      (row, other) =>
        other !== at && row.some((value, which) => value !== null && value === after[which]),
    );
    if (isTaken) return false;
    rows[at] = after;
  }
  return new Set(order).size === writes.length;
};

const shuffled = (count: number): fc.Arbitrary<number[]> => {
  const all = Array.from({ length: count }, (_, at) => at);
  return fc.shuffledSubarray(all, { minLength: count, maxLength: count });
};

describe("valueMoves", () => {
  it("finds an order for every way in which values can move, with one member parked for a circle", () => {
    const cases = fc.integer({ min: 1, max: 9 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        a: shuffled(count + 2),
        b: shuffled(count + 2),
        absent: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
        gone: fc.array(fc.constantFrom("before", "after", "never", "never", "never"), {
          minLength: count,
          maxLength: count,
        }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ count, a, b, absent, gone }) => {
        const writes = Array.from({ length: count }, (_, at) => {
          const after: Held = [`a${a[at]}`, absent[at] ? null : `b${b[at]}`];
          return write(
            gone[at] === "before" ? undefined : [`a${at}`, `b${at}`],
            gone[at] === "after" ? undefined : after,
          );
        });
        expect(succeeds(writes)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("needs nobody to give way where there is no circle", () => {
    const chain = [1, 2, 3, 4].map((n) => write([`a${n}`, null], [`a${n + 1}`, null]));
    expect(movesOf(chain)).toEqual({ moves: true, order: [3, 2, 1, 0], parked: [] });
  });

  it("has one give way in each circle, and only for what goes around", () => {
    const circles = [
      write(["a1", "b1"], ["a2", "b1"]),
      write(["a2", "b2"], ["a1", "b2"]),
      write(["a3", "b3"], ["a3", "b4"]),
      write(["a4", "b4"], ["a4", "b5"]),
      write(["a5", "b5"], ["a5", "b3"]),
    ];
    const { parked } = movesOf(circles);
    const constraints = parked.map((one) => one.constraints.map(({ columns }) => columns));
    expect(constraints).toEqual([[["a"]], [["b"]]]);
  });

  it("has that one give way for whom it is cheapest", () => {
    const [first, second] = [write(["a1", "b1"], ["a9", "b2"]), write(["a2", "b2"], ["a1", "b9"])];
    const dear = (column: string) => (unique: { columns: readonly string[] }) =>
      unique.columns.includes(column) ? 9 : 0;
    expect(valueMoves(plan, [first, second], dear("a")).parked).toMatchObject([{ at: 1 }]);
    expect(valueMoves(plan, [first, second], dear("b")).parked).toMatchObject([{ at: 0 }]);
  });

  it("sees no move where nothing unique changes", () => {
    const writes = [write(["a1", null], ["a1", null]), write(undefined, undefined)];
    expect(movesOf(writes)).toEqual({ moves: false, order: [0, 1], parked: [] });
  });
});
