import { expect, test } from "vitest";
import { fillParts } from "./parts.ts";

test("only what stands between the marks changes, and the marks stay", () => {
  const page = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n";
  const filled = fillParts(page, { a: "costs $1" });
  expect(filled).toBe("before\n<!-- a -->\n\ncosts $1\n\n<!-- /a -->\nafter\n");
  expect(fillParts(filled, { a: "costs $1" })).toBe(filled);
});

test("a page without the place is refused", () => {
  expect(() => fillParts("text", { cases: "" })).toThrow('no place for "cases"');
});
