import { expect, test } from "vitest";
import { Arrivals, eventName, probeName } from "./arrivals.ts";

test("an event has come when it came first, and neither probes nor those of others count", () => {
  const arrivals = new Arrivals("ours");
  const [one, other] = [eventName("ours", "1"), eventName("ours", "2")];
  arrivals.note(one, 1);
  arrivals.note(one, 2);
  arrivals.note(eventName("theirs", "1"), 1);
  arrivals.note(probeName("theirs"), 1);
  expect(arrivals.hasProbe).toBe(false);
  arrivals.note(probeName("ours", "1"), 3);
  expect(arrivals.hasProbe).toBe(true);
  expect([arrivals.count, arrivals.at(one), arrivals.at(other)]).toEqual([1, 1, undefined]);
  expect([...arrivals.times()]).toEqual([1]);
});

test("waiting ends with the last event, or when none comes any more", async () => {
  const arrivals = new Arrivals("ours");
  const coming = setTimeout(() => arrivals.note(eventName("ours", "1"), 1), 5);
  await arrivals.settle(1, 60_000);
  expect(arrivals.count).toBe(1);
  clearTimeout(coming);
  await arrivals.settle(2, 30);
  expect(arrivals.count).toBe(1);
});
