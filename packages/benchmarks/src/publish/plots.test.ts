import { expect, test } from "vitest";
import { growthPlot, ratioPlot } from "./plots.ts";

test("growth has a panel for each case and a line for each variant", async () => {
  const svg = await growthPlot([
    { events: 1_000, case: "append", variant: "annals", micros: 80 },
    { events: 10_000, case: "append", variant: "annals", micros: 81 },
    { events: 1_000, case: "append", variant: "by hand", micros: 70 },
    { events: 1_000, case: "list-100", variant: "annals", micros: 12 },
  ]);
  expect(svg).toMatch(/^<svg /);
  for (const text of ["append", "list-100", "annals", "by hand"]) expect(svg).toContain(text);
});

test("every variant has a bar for each number of connections", async () => {
  const measurement = { operationsPerSecond: 1, p50Ms: 1, p99Ms: 1, cpuMicros: 1 };
  const svg = await ratioPlot({
    name: "create",
    unit: "entities",
    condition: "direct",
    variants: ["annals", "by hand"].map((name) => ({
      name,
      isFloor: name === "by hand",
      measurements: [1, 8].map((connections) => ({ ...measurement, connections, ofFloor: 1 })),
    })),
  });
  expect(svg.match(/aria-roledescription="bar"/g)).toHaveLength(4);
});
