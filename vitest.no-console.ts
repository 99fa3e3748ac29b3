import { afterEach, beforeEach, expect, vi } from "vitest";

// What a library prints belongs to nobody; a test that expects a warning spies on it itself.
const methods = ["debug", "info", "log", "warn", "error", "trace"] as const;

const calls: string[] = [];

beforeEach(() => {
  for (const method of methods) {
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
      calls.push(`console.${method}(${args.map(String).join(", ")})`);
    });
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  // Collected rather than thrown, so that a catch in the code under test cannot hide it.
  expect(calls.splice(0), "a test printed to the console").toEqual([]);
});
