import { expect, it } from "vitest";
import type { Append, AppendOutcome } from "./history.ts";
import { FLAWLESS, isFlawless, judge, type RecordedHistory } from "./judge.ts";

const append = (
  stream: string,
  after: number | undefined,
  ids: readonly number[],
  outcome: AppendOutcome = "committed",
): Append => ({ stream, after, ids, outcome });

const delivered = (...ids: readonly (readonly [stream: string, id: number])[]) =>
  ids.map(([stream, id]) => ({ stream, id }));

/** Two streams, written and delivered as they should be. */
const good: RecordedHistory = {
  appends: [
    append("a", undefined, [1, 2]),
    append("b", undefined, [3]),
    append("a", 2, [4]),
    append("a", 2, [5], "refused"),
    append("b", 3, [6], "rolledBack"),
    append("b", 3, [7], "unknown"),
    append("b", 3, [8], "unknown"),
  ],
  stored: new Map([
    ["a", [1, 2, 4]],
    ["b", [3, 8]],
  ]),
  deliveries: delivered(["b", 3], ["a", 1], ["a", 2], ["b", 8], ["a", 4]),
};

const verdictOn = (change: Partial<RecordedHistory>) => judge({ ...good, ...change });

it("finds nothing wrong with what is right, whatever became of what broke off", () => {
  expect(judge(good)).toEqual({ ...FLAWLESS, committed: 5, delivered: 5 });
  expect(isFlawless(judge(good))).toBe(true);
});

it("counts each flaw for what it is", () => {
  const { deliveries } = good;
  expect(verdictOn({ deliveries: deliveries.slice(1) })).toMatchObject({ ...FLAWLESS, lost: 1 });
  expect(verdictOn({ deliveries: [...deliveries, { stream: "a", id: 1 }] })).toMatchObject({
    ...FLAWLESS,
    doubled: 1,
  });
  const inverted = delivered(["b", 3], ["a", 2], ["a", 1], ["b", 8], ["a", 4]);
  expect(verdictOn({ deliveries: inverted })).toMatchObject({ ...FLAWLESS, inverted: 1 });
  for (const never of [5, 6, 7, 99]) {
    const deliveriesWith = [...deliveries, { stream: "a", id: never }];
    expect(verdictOn({ deliveries: deliveriesWith })).toMatchObject({ ...FLAWLESS, invented: 1 });
  }
});

it("counts what is stored though its writer was told that it is not", () => {
  const stored = new Map([...good.stored, ["a", [1, 2, 4, 5]] as const]);
  const deliveries = [...good.deliveries, { stream: "a", id: 5 }];
  expect(verdictOn({ stored, deliveries })).toMatchObject({ invented: 1, lost: 0 });
});

it("counts what a writer was told is stored and is not", () => {
  const appends = [...good.appends, append("a", 4, [9, 10])];
  expect(verdictOn({ appends })).toMatchObject({ ...FLAWLESS, forgotten: 2 });
});

it("finds an update that did not know of another", () => {
  const appends = [...good.appends, append("a", 2, [9])];
  const stored = new Map([...good.stored, ["a", [1, 2, 4, 9]] as const]);
  const deliveries = [...good.deliveries, { stream: "a", id: 9 }];
  expect(verdictOn({ appends, stored, deliveries })).toMatchObject({ ...FLAWLESS, lostUpdates: 1 });
});

it("finds an append that another one came in the middle of", () => {
  const appends = [append("a", undefined, [1, 2]), append("a", 1, [3])];
  const stored = new Map([["a", [1, 3, 2]]]);
  const deliveries = delivered(["a", 1], ["a", 3], ["a", 2]);
  expect(judge({ appends, stored, deliveries })).toMatchObject({ ...FLAWLESS, lostUpdates: 1 });
});
