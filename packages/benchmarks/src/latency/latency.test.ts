import { expect, test } from "vitest";
import { Arrivals, eventName } from "./arrivals.ts";
import type { Followed } from "./followed.ts";
import { latencyOf } from "./latency.ts";
import { liveRateOf } from "./live-rates.ts";
import { BY_POLLING, EMMETT, everyWay } from "./way.ts";

/** Events that were due, appended and handled at these times; one without the last never came. */
const stretch = (events: readonly (readonly [number, number, number?])[]): Followed => {
  const arrivals = new Arrivals("w");
  const written = new Map<string, { dueAt: number; doneAt: number }>();
  for (const [n, [dueAt, doneAt, at]] of events.entries()) {
    const name = eventName("w", `${n}`);
    written.set(name, { dueAt, doneAt });
    if (at !== undefined) arrivals.note(name, at);
  }
  return {
    written: { events: written, beganAt: 0, endedAt: 1_000 },
    arrivals,
    missed: written.size - arrivals.count,
  };
};

const polling = { way: BY_POLLING, slots: 4 };

test("latency begins at the due time, or at the end of the append, and is never below nothing", () => {
  const one = stretch([
    [0, 10, 15],
    [100, 110, 105],
  ]);
  expect(latencyOf(polling, 2, [one])).toMatchObject({
    ...{ way: "by polling", slots: 4, writers: 2, eventsPerSecond: 2, missed: 0 },
    fromDue: { p50Ms: 10 },
    fromAppend: { p50Ms: 2.5 },
  });
});

test("several stretches are one, and what never came has no latency", () => {
  const came = stretch([[0, 10, 20]]);
  const lost = stretch([[0, 10]]);
  expect(latencyOf(polling, 1, [came, lost])).toMatchObject({
    fromAppend: { p50Ms: 10, p99Ms: 10 },
    missed: 1,
  });
  expect(latencyOf(polling, 1, [lost]).fromDue).toEqual({ p50Ms: null, p99Ms: null });
});

test("a live rate counts what was handled before the writers ended", () => {
  const one = stretch([
    [0, 1, 2],
    [0, 1, 900],
    [0, 1, 1_400],
    [0, 1],
  ]);
  expect(liveRateOf(polling, one)).toEqual({
    ...{ way: "annals", slots: 4, appendedPerSecond: 4, handledPerSecond: 2 },
    ...{ behind: 2, caughtUpMs: 400, missed: 1 },
  });
});

test("Emmett follows once, whatever the slots", () => {
  const ways = everyWay([1, 4], { ways: [BY_POLLING], withEmmett: true });
  expect(ways).toEqual([
    { way: BY_POLLING, slots: 1 },
    { way: BY_POLLING, slots: 4 },
    { way: EMMETT, slots: 1 },
  ]);
  expect(everyWay([1], { withEmmett: false })).toHaveLength(3);
});
