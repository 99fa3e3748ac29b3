import { expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

it("doubles its waits up to the longest, and begins again after a reset", async () => {
  const waits: number[] = [];
  const { signal } = new AbortController();
  const sleep = async (ms: number, given?: AbortSignal) => {
    expect(given).toBe(signal);
    waits.push(ms);
  };
  const backoff = new Backoff({ now: () => new Date(), sleep }, 5, 20);
  for (let n = 0; n < 4; n += 1) await backoff.wait(signal);
  backoff.reset();
  await backoff.wait(signal);
  expect(waits).toEqual([5, 10, 20, 20, 5]);
});
