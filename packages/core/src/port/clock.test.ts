import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./clock.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the process's clock", () => {
  it("sleeps as long as it is told to", async () => {
    const start = systemClock.now().getTime();
    const slept = systemClock.sleep(1_234).then(() => systemClock.now().getTime() - start);
    await vi.advanceTimersByTimeAsync(1_233);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await slept).toBe(1_234);
  });

  it("ends at once when the signal is aborted, before or while it sleeps", async () => {
    await systemClock.sleep(1_000, AbortSignal.abort());
    const controller = new AbortController();
    const slept = systemClock.sleep(1_000, controller.signal);
    controller.abort();
    await slept;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sleeps longer than one timer can", async () => {
    const month = 30 * 24 * 60 * 60 * 1_000;
    const start = systemClock.now().getTime();
    const slept = systemClock.sleep(month).then(() => systemClock.now().getTime() - start);
    await vi.runAllTimersAsync();
    expect(await slept).toBe(month);
    const controller = new AbortController();
    const ended = systemClock.sleep(month, controller.signal);
    controller.abort();
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });
});
