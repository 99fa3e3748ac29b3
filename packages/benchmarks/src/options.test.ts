import { expect, test } from "vitest";
import { allCases } from "./cases/all-cases.ts";
import { parseCommand } from "./options.ts";

test("without options every case runs at 1, 8 and 32 connections, at least nine times", () => {
  const command = parseCommand([]);
  expect(command).toMatchObject({
    kind: "benchmark",
    options: { cases: allCases, connections: [1, 8, 32] },
  });
  expect(command.kind === "benchmark" && command.options.repetitions).toBeGreaterThanOrEqual(9);
});

test("cases and connections can be chosen", () => {
  const command = parseCommand(["--only", "create", "--only", "load-10", "--connections", "2,4"]);
  if (command.kind !== "benchmark") throw new Error(command.kind);
  expect(command.options.cases.map(({ name }) => name)).toEqual(["create", "load-10"]);
  expect(command.options.connections).toEqual([2, 4]);
});

test("what does not exist is refused by name", () => {
  expect(() => parseCommand(["--only", "delete"])).toThrow('no case "delete"');
  expect(() => parseCommand(["--connections", "1,many"])).toThrow('"many" is not a number');
  expect(() => parseCommand(["--fast"])).toThrow("--fast");
});
