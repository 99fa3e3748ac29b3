import { expect, it } from "vitest";
import { Random } from "./random.ts";

const drawn = (seed: number): readonly number[] => {
  const random = new Random(seed);
  return Array.from({ length: 50 }, () => random.between(0, 1_000));
};

it("draws the same numbers from the same seed, and others from another", () => {
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(8)).not.toEqual(drawn(7));
});

it("keeps to the bounds and reaches both", () => {
  const random = new Random(1);
  const faces = new Set(Array.from({ length: 500 }, () => random.between(1, 6)));
  expect([...faces].sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

it("picks by weight, and never what weighs nothing", () => {
  const random = new Random(2);
  const picked = Array.from({ length: 1_000 }, () =>
    random.weighted([
      [3, "often"],
      [1, "seldom"],
      [0, "never"],
    ]),
  );
  const often = picked.filter((each) => each === "often").length;
  expect(often).toBeGreaterThan(650);
  expect(often).toBeLessThan(850);
  expect(picked).not.toContain("never");
});
