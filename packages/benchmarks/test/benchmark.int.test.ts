import { testDatabase } from "@annals/testing/vitest";
import { expect, test } from "vitest";
import { benchmark } from "../src/benchmark.ts";
import { allCases } from "../src/cases/all-cases.ts";
import { growthText, measureGrowth } from "../src/growth/growth.ts";
import { reportText } from "../src/report/table.ts";

const database = await testDatabase();
const grown = [await testDatabase(), await testDatabase()];

test("every case measures every variant, and the table shows them", async () => {
  const report = await benchmark(
    database.connectionString,
    { kind: "direct" },
    {
      cases: allCases,
      connections: [1, 2],
      repetitions: 1,
      slotMs: 5,
      warmUp: { runs: 2, maxMs: 5 },
      volume: {
        body: 10,
        readers: 10,
        listed: 100,
        writersPerWorker: 2,
        streams: 10,
        topicEvents: 100,
        replayEvents: 1_000,
      },
    },
  );

  expect(report.environment.join()).toMatch(/PostgreSQL \d+.*fsync=.*synchronous_commit=.*Node v/);
  expect(report.cases.map(({ name }) => name)).toEqual(allCases.map(({ name }) => name));
  const lines = reportText(report).split("\n");
  for (const { name, unit, variants } of report.cases) {
    const title = lines.findIndex((line) => line.startsWith(`${name} (${unit})`));
    expect(variants.filter(({ isFloor }) => isFloor)).toHaveLength(1);
    for (const [at, variant] of variants.entries()) {
      const line = lines[title + 2 + at] ?? "";
      expect(line).toContain(variant.name);
      for (const measurement of variant.measurements) {
        expect(measurement.operationsPerSecond).toBeGreaterThan(0);
        expect(measurement.p99Ms).toBeGreaterThanOrEqual(measurement.p50Ms);
        expect(line).toContain(Math.round(measurement.operationsPerSecond).toString());
        expect(line).toContain(variant.isFloor ? " 1.00" : measurement.ofFloor.toFixed(2));
      }
    }
  }
}, 180_000);

test("growth measures ours and the floor at every size", async () => {
  const points = await measureGrowth(async () => grown.pop() ?? database, {
    sizes: [20, 40],
    repetitions: 1,
    slotMs: 5,
    warmUp: { runs: 2, maxMs: 5 },
  });

  expect(points).toHaveLength(2 * 4 * 2);
  for (const { micros } of points) expect(micros).toBeGreaterThan(0);
  expect(growthText(points)).toMatch(/append: annals +\d+(\.\d+)? +\d+/);
});
