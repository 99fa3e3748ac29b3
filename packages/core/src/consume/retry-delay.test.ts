import { expect, it } from "vitest";
import { retryDelay } from "./retry-delay.ts";

const plan = { attempts: 8, firstMs: 100, maxMs: 1_000 };

it("doubles up to the longest", () => {
  const waits = [1, 2, 3, 4, 5, 60].map((attempts) => retryDelay(plan, attempts, () => 0.5));
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

it("is a quarter more or less", () => {
  expect([0, 0.999].map((random) => retryDelay(plan, 1, () => random))).toEqual([75, 125]);
});
