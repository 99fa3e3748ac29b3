import { expect, it } from "vitest";
import { eventsIn, type TopicLists } from "./topic-lists.ts";

const lists = (...positions: number[]): TopicLists => ({
  topic: "feed",
  id: positions.map((position) => `key-${position}`),
  sequence: positions.map(() => 0),
  position: positions,
  recorded_at: positions.map((position) => position * 1_000),
  event: positions.map(() => ({})),
  context: null,
});

it("takes rows of lists apart into events", () => {
  const [first, second] = eventsIn([
    {
      ...{ ...lists(4, 7), topic: ["feed", "user"], slot: [3, 0], sequence: [0, 2] },
      ...{ headers: [{ from: "here" }, null], bytes: ["00ff", null], context: [null, {}] },
      ...{ parent: [null, "cart"], scope: [null, ["acme"]] },
    },
  ]);
  expect(first).toEqual({
    ...{ topic: "feed", id: "key-4", sequence: 0, position: 4, recordedAt: new Date(4_000) },
    ...{ body: {}, context: null, headers: { from: "here" }, bytes: new Uint8Array([0, 255]) },
    ...{ parentId: undefined, scope: undefined, slot: 3 },
  });
  expect(second).toMatchObject({
    ...{ topic: "user", sequence: 2, context: {}, headers: null, bytes: null },
    ...{ parentId: "cart", scope: ["acme"], slot: 0 },
  });
});

it("gives them by rising position, however they were gathered", () => {
  const events = eventsIn([lists(9, 8), lists(2), lists(5, 3, 4)]);
  expect(events.map(({ position }) => position)).toEqual([2, 3, 4, 5, 8, 9]);
});

it("is nothing without rows", () => {
  expect(eventsIn([])).toEqual([]);
});
