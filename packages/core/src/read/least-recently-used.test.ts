import { expect, it } from "vitest";
import { LeastRecentlyUsed } from "./least-recently-used.ts";

it("keeps what was used last, up to a weight in all", () => {
  const kept = new LeastRecentlyUsed<string, number>(5);
  kept.set("a", 1, 2);
  kept.set("b", 2, 2);
  expect(kept.get("a")).toBe(1);
  expect(kept.peek("b")).toBe(2);
  kept.set("c", 3, 2);
  // A look alone is no use.
  expect([kept.peek("a"), kept.peek("b"), kept.peek("c")]).toEqual([1, undefined, 3]);
  kept.set("d", 4, 5);
  expect([kept.peek("a"), kept.peek("c"), kept.peek("d")]).toEqual([undefined, undefined, 4]);
});

it("weighs anew what is replaced, and does not keep what is too heavy", () => {
  const kept = new LeastRecentlyUsed<string, number>(5);
  kept.set("a", 1, 5);
  kept.set("a", 2, 1);
  kept.set("b", 3, 4);
  expect([kept.peek("a"), kept.peek("b")]).toEqual([2, 3]);
  kept.set("a", 4, 6);
  expect([kept.peek("a"), kept.peek("b")]).toEqual([undefined, 3]);
  kept.delete("a");
  kept.delete("b");
  kept.set("c", 5, 5);
  expect(kept.peek("c")).toBe(5);
});
