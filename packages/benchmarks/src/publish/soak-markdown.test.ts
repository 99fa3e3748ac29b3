import { expect, test } from "vitest";
import type { SoakReport } from "../soak/soak.ts";
import { soakMarkdown } from "./soak-markdown.ts";

const samples = Array.from({ length: 30 }, (_, n) => ({
  ...{ seconds: 10 * n, behind: n, heapMb: 20, rssMb: 100 },
}));

const report: SoakReport = {
  ...{ environment: ["PostgreSQL 18", "Node"], writers: 4, entities: 20_000 },
  ...{ offeredPerSecond: 3_000, written: 900_000, stored: 900_000 },
  ...{ eventsPerSecond: 2_999.6, seconds: 300.04, drainSeconds: 0.25 },
  readers: [
    {
      ...{ name: "apart", place: "in a process of its own", slots: 4, samples },
      ...{ handled: 900_000, leftOut: 0, doubled: 0, outOfOrder: 0, unlike: 0 },
      heap: { earlyMb: 20, lateMb: 21, isFlat: true },
    },
  ],
  flaws: [],
};

test("what was handled, memory and the course of it have their tables", () => {
  const markdown = soakMarkdown(JSON.parse(JSON.stringify(report)) as SoakReport);
  for (const text of [
    "PostgreSQL 18, Node.",
    "4 writers wrote 900,000 events of 20,000 entities in 300 s: 3,000 a second, 3,000 due;",
    "| apart, in a process of its own | 4 | 900,000 | 0 | 0 | 0 | 0 |",
    "| in a process of its own | 20 | 21 | flat |  |  | too short to tell |",
    "| 0 | 0 | 20 | 100 |",
    "| 290 | 29 | 20 | 100 |",
  ]) {
    expect(markdown).toContain(text);
  }
  // Ten moments of the thirty.
  expect(markdown.match(/^\| \d+ \| \d+ \| 20 \| 100 \|$/gm)).toHaveLength(10);
});

test("what went wrong is published as well", () => {
  const flaws = ["apart: 1 events left out"];
  expect(soakMarkdown({ ...report, flaws })).toContain("\n- apart: 1 events left out\n");
});
