import { describe, expect, test } from "vitest";
import { median, medianRatio, quantile } from "./statistics.ts";

describe("quantile", () => {
  test("is a value itself where one lies there", () => {
    expect(quantile([30, 10, 20], 0.5)).toBe(20);
    expect(quantile([30, 10, 20], 0)).toBe(10);
    expect(quantile([30, 10, 20], 1)).toBe(30);
  });

  test("lies between neighbours in proportion", () => {
    expect(quantile([0, 100], 0.99)).toBeCloseTo(99);
    expect(quantile([1, 2, 3, 4], 0.25)).toBeCloseTo(1.75);
  });

  test("orders numbers, not their texts, and leaves the list as it was", () => {
    const values = [100, 9, 10];
    expect(median(values)).toBe(10);
    expect(values).toEqual([100, 9, 10]);
  });

  test("of one value is that value; of none there is none", () => {
    expect(quantile([7], 0.99)).toBe(7);
    expect(median([])).toBeNaN();
  });
});

describe("medianRatio", () => {
  test("pairs before it takes the median, so that a slow moment does not count", () => {
    // Half the speed in the second repetition, for both alike.
    expect(medianRatio([90, 45, 90], [100, 50, 100])).toBeCloseTo(0.9);
  });

  test("is not the ratio of the medians", () => {
    expect(medianRatio([10, 20, 60], [20, 10, 50])).toBeCloseTo(1.2);
  });

  test("refuses what cannot be paired", () => {
    expect(() => medianRatio([1], [1, 2])).toThrow("cannot be paired");
  });
});
