import { expect, test } from "vitest";
import { interleave, turn, warmUp } from "./interleave.ts";

test("every variant comes first once, and the neighbours change", () => {
  const orders = [0, 1, 2].map((repetition) => turn(["a", "b", "c"], repetition).join(""));
  expect(orders).toEqual(["abc", "acb", "cab"]);
});

test("every variant gets one slot a repetition", async () => {
  const seen: string[] = [];
  const variants = ["a", "b"].map((name) => ({
    name,
    operationsPerRun: 10,
    run: async (worker: number) => {
      seen.push(`${name}${worker}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  }));

  const slots = await interleave(variants, { connections: 2, repetitions: 3, slotMs: 1 });

  expect(seen.slice(0, 4)).toEqual(["a0", "a1", "b0", "b1"]);
  for (const variant of variants) {
    const measured = slots.get(variant) ?? [];
    expect(measured).toHaveLength(3);
    for (const { latenciesMs, operationsPerSecond } of measured) {
      expect(latenciesMs).toHaveLength(2);
      // Two runs of ten operations in five milliseconds, or in more where the machine is busy.
      expect(operationsPerSecond).toBeGreaterThan(0);
      expect(operationsPerSecond).toBeLessThan(6_000);
    }
  }
});

test("warming up ends after the number of runs, or after the time", async () => {
  let runs = 0;
  const variant = {
    name: "a",
    run: async () => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };

  await warmUp([variant], 2, { runs: 5, maxMs: 60_000 });
  expect(runs).toBe(5);

  await warmUp([variant], 1, { runs: 1_000_000, maxMs: 10 });
  expect(runs).toBeLessThan(50);
});
