import { expect, test } from "vitest";
import { allCases, mainCases } from "./cases/all-cases.ts";
import { parseCommand } from "./options.ts";

const roundsOf = (...args: readonly string[]) => {
  const command = parseCommand(args);
  if (command.kind !== "benchmark") throw new Error(command.kind);
  return command.rounds;
};

test("without options every case runs directly, and the main ones as in production", () => {
  const [direct, ...others] = roundsOf();
  expect(direct?.condition).toEqual({ kind: "direct" });
  expect(direct?.options).toMatchObject({ cases: allCases, connections: [1, 8, 32] });
  expect(direct?.options.repetitions).toBeGreaterThanOrEqual(9);
  expect(others.map(({ condition }) => condition)).toEqual([
    { kind: "round-trip", ms: 0.25 },
    { kind: "round-trip", ms: 1 },
    { kind: "flush", ms: 1 },
  ]);
  for (const { options } of others) expect(options.cases).toEqual(mainCases);
});

test("cases, connections and conditions can be chosen", () => {
  const rounds = roundsOf(
    ...["--case", "create", "--case", "load-10"],
    ...["--connections", "2,4", "--direct", "--flush", "0.5"],
  );
  expect(rounds.map(({ condition }) => condition)).toEqual([
    { kind: "direct" },
    { kind: "flush", ms: 0.5 },
  ]);
  for (const { options } of rounds) {
    expect(options.cases.map(({ name }) => name)).toEqual(["create", "load-10"]);
    expect(options.connections).toEqual([2, 4]);
  }
});

test("what does not exist is refused by name", () => {
  expect(() => parseCommand(["--case", "delete"])).toThrow('no case "delete"');
  expect(() => parseCommand(["--connections", "1,many"])).toThrow('"many" is not a number');
  expect(() => parseCommand(["--round-trip", "0"])).toThrow('"0" is not a number of milliseconds');
  expect(() => parseCommand(["--fast"])).toThrow("--fast");
});
