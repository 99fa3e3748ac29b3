import { expect, it } from "vitest";
import { PollPace } from "./poll-pace.ts";

it("waits longer the longer nothing comes, up to its bound, and begins again after a reset", () => {
  const pace = new PollPace(5, 9, () => 0);
  expect([pace.next(), pace.next(), pace.next(), pace.next(), pace.next()]).toEqual([
    5, 6.25, 7.8125, 9, 9,
  ]);
  pace.reset();
  expect(pace.next()).toBe(5);
});

it("leaves out a part of a wait at random, and never adds to it", () => {
  const pace = new PollPace(100, 100, () => 0.999_999);
  expect(pace.next()).toBeCloseTo(80, 3);
  expect(new PollPace(100, 100, () => 0).next()).toBe(100);
});

it("is never longer than its bound, also at first", () => {
  expect(new PollPace(5, 2, () => 0).next()).toBe(2);
});

it("spends a quarter of the time on looks at most, and keeps no wake-up waiting for long", () => {
  const pace = new PollPace(5, 200);
  expect(pace.gapAfter(0.5)).toBe(1.5);
  expect(pace.gapAfter(1_000)).toBe(25);
});
