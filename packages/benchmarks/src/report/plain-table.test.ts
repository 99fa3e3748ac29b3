import { expect, test } from "vitest";
import { count, milliseconds, tableText } from "./plain-table.ts";

test("columns are as wide as what is in them", () => {
  const rows = [
    ["", "slots", "events"],
    ["in process", "1", count(12_345.6)],
  ];
  expect(tableText({ title: "Title", rows })).toBe(
    "Title:\n            slots  events\nin process      1  12,346",
  );
});

test("short times have their fractions", () => {
  expect([milliseconds(0.126), milliseconds(12.6)]).toEqual(["0.13", "13"]);
});
