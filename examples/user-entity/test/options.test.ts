import { resolve } from "node:path";
import { expect, it } from "vitest";
import { parseOptions, UsageError } from "../src/options.ts";

const url = { DATABASE_URL: "postgres://localhost/mine" };

it("runs the example's own file unless told otherwise", () => {
  expect(parseOptions([], {})).toEqual({
    file: resolve(import.meta.dirname, "../data/commands.jsonl"),
    verbose: false,
    checkOnly: false,
    schema: undefined,
    help: false,
  });
});

it("takes a file with and without the dashes that pnpm hands over", () => {
  expect(parseOptions(["--file", "my.jsonl"], {}).file).toBe(resolve("my.jsonl"));
  expect(parseOptions(["--", "--file=my.jsonl"], {}).file).toBe(resolve("my.jsonl"));
});

it("finds a file from where pnpm was called", () => {
  expect(parseOptions(["--file", "my.jsonl"], { INIT_CWD: "/home/me" }).file).toBe(
    resolve("/home/me/my.jsonl"),
  );
});

it("checks only where an earlier run can have been", () => {
  const args = ["--check", "--schema", "annals_demo_1"];
  expect(parseOptions(args, url)).toMatchObject({ checkOnly: true, schema: "annals_demo_1" });
  expect(() => parseOptions(args, {})).toThrow(UsageError);
  expect(() => parseOptions(["--check"], url)).toThrow(UsageError);
});

it.each([["public"], ["annals"], ["annals_demo;"], ["annals_demo_Ä"], [""]])(
  "refuses the schema %j",
  (schema) => {
    expect(() => parseOptions(["--schema", schema], url)).toThrow("must begin with annals_demo");
  },
);
