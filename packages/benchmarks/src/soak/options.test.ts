import { expect, test } from "vitest";
import { parseSoakCommand } from "./options.ts";

test("an hour's worth of events by default, and anything else by option", () => {
  const command = parseSoakCommand([]);
  if (command.kind !== "soak") throw new Error(command.kind);
  const { events, offeredPerSecond } = command.options;
  expect(events / offeredPerSecond / 60).toBeGreaterThan(50);
  expect(
    parseSoakCommand(["--events", "5", "--rate", "0", "--slots", "2", "--sample", "0.5"]),
  ).toMatchObject({ options: { events: 5, offeredPerSecond: 0, slots: 2, sampleMs: 500 } });
});

test("what makes no sense is refused by name", () => {
  expect(() => parseSoakCommand(["--events", "0"])).toThrow("--events takes whole numbers from 1");
  expect(() => parseSoakCommand(["--rate", "fast"])).toThrow("--rate takes whole numbers from 0");
  expect(() => parseSoakCommand(["--sample", "0"])).toThrow("--sample takes seconds");
  expect(() => parseSoakCommand(["--for", "1"])).toThrow("--for");
});
