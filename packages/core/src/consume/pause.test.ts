import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Backoff, pause } from "./pause.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("pause", () => {
  it("ends at once when the signal is aborted, before or during it", async () => {
    await pause(1_000, AbortSignal.abort());
    const controller = new AbortController();
    const paused = pause(1_000, controller.signal);
    controller.abort();
    await paused;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("Backoff", () => {
  it("doubles its waits up to the longest, and begins again after a reset", async () => {
    const waits: number[] = [];
    const backoff = new Backoff(5, 20);
    const measure = async () => {
      const start = Date.now();
      const waited = backoff.wait(new AbortController().signal);
      await vi.runAllTimersAsync();
      await waited;
      waits.push(Date.now() - start);
    };
    for (let n = 0; n < 4; n += 1) await measure();
    backoff.reset();
    await measure();
    expect(waits).toEqual([5, 10, 20, 20, 5]);
  });
});
