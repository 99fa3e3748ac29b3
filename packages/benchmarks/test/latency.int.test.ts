import { testDatabase } from "@annals/testing/vitest";
import { expect, test } from "vitest";
import { LATENCY_PARTS, measureLatency } from "../src/latency/measure-latency.ts";
import { latencyText } from "../src/latency/report.ts";

const databases = await Promise.all(Array.from({ length: 6 }, () => testDatabase()));

test("every part measures every way, and the tables show them", async () => {
  const report = await measureLatency(
    async () => databases.pop() ?? Promise.reject(new Error("more databases than expected")),
    LATENCY_PARTS,
    {
      ...{ slots: [2], writers: 2, forMs: 50, repetitions: 1, sizes: [20] },
      withEmmett: true,
    },
  );

  expect(report.environment.join()).toMatch(/PostgreSQL \d+.*Node v/);
  const { closed = [], offered = [], sizes = [], appending = [], live = [] } = report;
  const ours = ["in process", "by polling", "with the hint"];
  const all = [...ours, "emmett"];
  expect(offered.map(({ way }) => way)).toEqual(all);
  expect(closed.map(({ way }) => way)).toEqual(all.flatMap((way) => [way, way]));
  expect(sizes.map(({ way, events }) => `${way} ${events}`)).toEqual(all.map((way) => `${way} 20`));
  expect(appending.map(({ way }) => way)).toEqual([undefined, undefined, ...all]);
  expect(live.map(({ way, slots }) => `${way} ${slots}`)).toEqual(
    [1, 50].flatMap(() => ["annals 2", "emmett 1"]),
  );

  const latencies = [...closed, ...offered, ...sizes];
  for (const { way, eventsPerSecond, fromAppend, fromDue, missed } of latencies) {
    expect(eventsPerSecond).toBeGreaterThan(0);
    // Emmett's may never come while others write on the same server.
    if (way === "emmett") continue;
    expect(missed).toBe(0);
    expect(fromAppend.p99Ms).toBeGreaterThanOrEqual(fromAppend.p50Ms ?? Number.NaN);
    expect(fromDue.p50Ms).toBeGreaterThanOrEqual(fromAppend.p50Ms ?? Number.NaN);
  }
  for (const { ofUnfollowed, way } of appending) {
    expect(ofUnfollowed).toBeGreaterThan(0);
    if (way === undefined) expect(ofUnfollowed).toBe(1);
  }
  for (const { way, appendedPerSecond, handledPerSecond, missed } of live) {
    expect(appendedPerSecond).toBeGreaterThanOrEqual(handledPerSecond);
    if (way === "annals") expect(missed).toBe(0);
  }
  const text = latencyText(report);
  for (const way of all) expect(text).toContain(`\n${way} `);
  expect(text).toContain("annals, nobody follows");
}, 240_000);
