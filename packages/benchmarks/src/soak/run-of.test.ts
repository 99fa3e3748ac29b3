import { expect, test } from "vitest";
import { runsOf } from "./run-of.ts";

const event = (id: string, sequence: number) => ({ id, sequence, number: 10 * sequence });

test("a batch is summed up by entity", () => {
  expect(runsOf([event("a", 4), event("b", 1), event("a", 5)])).toEqual([
    { id: "a", first: 4, last: 5, events: 2, breaks: 0, checksum: 90 },
    { id: "b", first: 1, last: 1, events: 1, breaks: 0, checksum: 10 },
  ]);
  expect(runsOf([])).toEqual([]);
});

test.each([
  ["left out", [1, 3], 1],
  ["doubled", [1, 2, 2, 3], 1],
  ["swapped", [1, 3, 2, 4], 3],
])("an event that is %s breaks the order", (_, sequences, breaks) => {
  const [run] = runsOf(sequences.map((sequence) => event("a", sequence)));
  expect(run?.breaks).toBe(breaks);
});
