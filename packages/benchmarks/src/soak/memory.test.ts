import { expect, test } from "vitest";
import { memoryNow, steadiness } from "./memory.ts";

const samples = (count: number, at: (n: number) => number) =>
  Array.from({ length: count }, (_, n) => at(n));

test("memory that grows while it warms up and then stands is flat", () => {
  const warm = samples(50, (n) => (n < 10 ? 20 + 5 * n : 70 + (n % 7)));
  expect(steadiness(warm, 8)).toMatchObject({ isFlat: true });
});

test("memory that grows with every event is not", () => {
  expect(
    steadiness(
      samples(50, (n) => 50 + 2 * n),
      8,
    ),
  ).toEqual({
    ...{ earlyMb: 79, lateMb: 139 },
    isFlat: false,
  });
});

test("few samples say nothing", () => {
  expect(steadiness([1, 2, 3], 8)).toBeUndefined();
});

test("garbage does not count", () => {
  const { heapMb } = memoryNow();
  let kept: number[] | undefined = samples(2_000_000, (n) => n + 0.5);
  expect(kept.length + memoryNow().heapMb).toBeGreaterThan(heapMb + 8);
  kept = undefined;
  expect(memoryNow().heapMb).toBeLessThan(heapMb + 8);
});
