import { expect, test } from "vitest";
import type { LatencyReport } from "../latency/report.ts";
import { latencyMarkdown } from "./latency-markdown.ts";

const latency = {
  ...{ way: "in process", slots: 1, writers: 1, eventsPerSecond: 80, missed: 0 },
  fromAppend: { p50Ms: 1.234, p99Ms: 12.3 },
  fromDue: { p50Ms: 2, p99Ms: 20 },
};

const report: LatencyReport = {
  ...{ environment: ["PostgreSQL 18", "Node"], forMs: 5_000, repetitions: 3 },
  closed: [
    latency,
    { ...latency, way: "emmett", fromAppend: { p50Ms: null, p99Ms: null }, missed: 4 },
  ],
  sizes: [
    { ...latency, events: 100_000 },
    { ...latency, events: 1_000_000, missed: 2 },
  ],
  appending: [
    { system: "annals", way: undefined, slots: undefined, eventsPerSecond: 1_000, ofUnfollowed: 1 },
    { system: "annals", way: "by polling", slots: 4, eventsPerSecond: 985, ofUnfollowed: 0.985 },
  ],
};

test("every part that was measured has its table, also as it comes back from JSON", () => {
  for (const one of [report, JSON.parse(JSON.stringify(report)) as LatencyReport]) {
    const markdown = latencyMarkdown(one);
    for (const text of [
      "PostgreSQL 18, Node; stretches of 5 s; what is measured in turn had 3 turns.",
      "| in process | 1 | 1 | 80 | 1.23 | 12 | 0 |",
      "| emmett | 1 | 1 | 80 |  |  | 4 |",
      "|  | 100,000 | 1,000,000 |",
      "| in process | 1.23 / 12 | 1.23 / 12, 2 never came |",
      "| annals, nobody follows |  | 1,000 | 1.00 |",
      "| by polling | 4 | 985 | 0.98 |",
    ]) {
      expect(markdown).toContain(text);
    }
    expect(markdown.match(/^\*\*/gm)).toHaveLength(3);
  }
});
