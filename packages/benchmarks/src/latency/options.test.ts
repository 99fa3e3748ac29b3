import { expect, test } from "vitest";
import { LATENCY_PARTS } from "./measure-latency.ts";
import { parseLatencyCommand } from "./options.ts";

const parsed = (...args: readonly string[]) => {
  const command = parseLatencyCommand(args);
  if (command.kind !== "latency") throw new Error(command.kind);
  return command;
};

test("without options every part is measured, beside Emmett", () => {
  const { parts, options } = parsed();
  expect(parts).toEqual(LATENCY_PARTS);
  expect(options).toMatchObject({ slots: [1, 4, 16], writers: 8, forMs: 5_000, withEmmett: true });
});

test("parts, sizes, slots and pace can be chosen", () => {
  const { parts, options } = parsed(
    ...["--part", "sizes", "--part", "live", "--sizes", "100000,10000000", "--slots", "2"],
    ...["--seconds", "0.2", "--repetitions", "3", "--writers", "4", "--no-emmett"],
  );
  expect(parts).toEqual(["sizes", "live"]);
  expect(options).toEqual({
    ...{ sizes: [100_000, 10_000_000], slots: [2], forMs: 200, repetitions: 3, writers: 4 },
    withEmmett: false,
  });
  expect(parsed("--quick", "--slots", "4").options).toMatchObject({ slots: [4], forMs: 500 });
});

test("what does not exist is refused by name", () => {
  expect(() => parseLatencyCommand(["--part", "speed"])).toThrow('no part "speed"');
  expect(() => parseLatencyCommand(["--slots", "1,x"])).toThrow("--slots takes numbers above 0");
  expect(() => parseLatencyCommand(["--writers", "1.5"])).toThrow("--writers takes whole numbers");
  expect(() => parseLatencyCommand(["--fast"])).toThrow("--fast");
});
