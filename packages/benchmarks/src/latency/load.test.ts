import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { closedLoad, openLoad, perSecond } from "./load.ts";

const writersOf = (count: number, appendMs: number) => {
  const appended: string[] = [];
  const append = async (_: number, names: readonly string[]): Promise<void> => {
    appended.push(...names);
    await sleep(appendMs);
  };
  return { appended, writers: { count, append, label: "x" } };
};

test("a closed load appends as many events at a time as were asked for, each once", async () => {
  const { appended, writers } = writersOf(3, 1);
  const written = await closedLoad(writers, { forMs: 30, pauseMs: 0, eventsPerAppend: 5 });
  expect(new Set(appended)).toEqual(new Set(written.events.keys()));
  expect(appended.length).toBe(written.events.size);
  expect(written.events.size % 5).toBe(0);
  expect(perSecond(written)).toBeGreaterThan(0);
});

test("an open load has its events due in equal steps, and lateness shows", async () => {
  // One writer who takes 20 ms for each cannot keep up with one every 5 ms.
  const { appended, writers } = writersOf(1, 20);
  const written = await openLoad(writers, { forMs: 40, offeredPerSecond: 200 });
  expect(appended).toHaveLength(8);
  const events = [...written.events.values()];
  const due = events.map(({ dueAt }) => dueAt - written.beganAt);
  for (const [n, at] of due.entries()) expect(at).toBeCloseTo(n * 5, 3);
  const last = events.at(-1);
  expect((last?.doneAt ?? 0) - (last?.dueAt ?? 0)).toBeGreaterThan(80);
});
