import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "./manual-clock.ts";

const start = Date.parse("2020-01-01T00:00:00.000Z");
const sinceStart = (clock: ManualClock): number => clock.now().getTime() - start;

describe("a manual clock", () => {
  it("stands still until it is moved", async () => {
    const clock = new ManualClock("2024-02-29T12:00:00.001Z");
    expect(clock.now().toISOString()).toBe("2024-02-29T12:00:00.001Z");
    await clock.advance(999);
    expect(clock.now().toISOString()).toBe("2024-02-29T12:00:01.000Z");
    await clock.advanceTo("2024-03-01T00:00:00Z");
    expect(clock.now().toISOString()).toBe("2024-03-01T00:00:00.000Z");
    clock.now().setFullYear(1999);
    expect(clock.now().getFullYear()).toBe(2024);
  });

  it("wakes a sleeper at its time and not before", async () => {
    const clock = new ManualClock();
    let woken = 0;
    const slept = clock.sleep(10).then(() => {
      woken = sinceStart(clock);
    });
    await clock.advance(9);
    expect([woken, clock.sleeping]).toEqual([0, 1]);
    await clock.advance(1_000);
    await slept;
    expect([woken, clock.sleeping, sinceStart(clock)]).toEqual([10, 0, 1_009]);
  });

  it("never wakes anybody early for a fraction, and lets nobody sleep for nothing", async () => {
    const clock = new ManualClock();
    const slept = clock.sleep(0.2).then(() => sinceStart(clock));
    await clock.advance(5);
    expect(await slept).toBe(1);
    for (const ms of [0, -5, Number.NaN]) await clock.sleep(ms);
  });

  it("ends a sleep when the signal is aborted", async () => {
    const clock = new ManualClock();
    await clock.sleep(10, AbortSignal.abort());
    const controller = new AbortController();
    const slept = clock.sleep(10, controller.signal);
    const other = clock.sleep(10);
    controller.abort();
    await slept;
    expect(clock.sleeping).toBe(1);
    await clock.advance(10);
    await other;
  });

  it("goes from one wake to the next", async () => {
    const clock = new ManualClock();
    void clock.sleep(30);
    void clock.sleep(20);
    void clock.sleep(20);
    expect((await clock.advanceToNextWake())?.getTime()).toBe(start + 20);
    expect(clock.sleeping).toBe(1);
    expect((await clock.advanceToNextWake())?.getTime()).toBe(start + 30);
    expect(await clock.advanceToNextWake()).toBeUndefined();
    expect(sinceStart(clock)).toBe(30);
  });

  it("tells when enough are asleep", async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const told = clock.untilSleeping(2).then(() => seen.push(clock.sleeping));
    void clock.sleep(1);
    await Promise.resolve();
    expect(seen).toEqual([]);
    void clock.sleep(1);
    await told;
    await clock.untilSleeping();
    expect(seen).toEqual([2]);
  });

  it("refuses to go where no clock goes", async () => {
    expect(() => new ManualClock("yesterday")).toThrow(RangeError);
    const clock = new ManualClock();
    for (const ms of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER]) {
      await expect(clock.advance(ms)).rejects.toThrow(RangeError);
    }
    await expect(clock.advanceTo(new Date(start - 1))).rejects.toThrow(RangeError);
    await expect(clock.advanceTo("never")).rejects.toThrow(RangeError);
    await clock.advance(1);
    expect(sinceStart(clock)).toBe(1);
  });
});

// A sleeper sleeps several times in a row; the clock is moved in steps, some of them asked for at once.
const sleepers = fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }), {
  maxLength: 8,
});
const moves = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 6 });

/** Who wakes when, told by adding up. */
const expectedWakes = (sleeps: readonly (readonly number[])[], until: number) =>
  sleeps.flatMap((own, who) => {
    let at = 0;
    return own.flatMap((ms) => {
      at += ms;
      return at <= until ? [{ who, at }] : [];
    });
  });

describe("whoever sleeps on it", () => {
  it("wakes in order, at exact times, also from sleeps that began while it moved", async () => {
    await fc.assert(
      fc.asyncProperty(sleepers, moves, fc.boolean(), async (sleeps, steps, atOnce) => {
        const clock = new ManualClock();
        const woken: { who: number; at: number }[] = [];
        for (const [who, own] of sleeps.entries()) {
          void (async () => {
            for (const ms of own) {
              await clock.sleep(ms);
              woken.push({ who, at: sinceStart(clock) });
            }
          })();
        }
        if (atOnce) await Promise.all(steps.map((ms) => clock.advance(ms)));
        else for (const ms of steps) await clock.advance(ms);

        const until = steps.reduce((sum, ms) => sum + ms, 0);
        expect(sinceStart(clock)).toBe(until);
        const times = woken.map(({ at }) => at);
        expect(times).toEqual(times.toSorted((one, other) => one - other));
        const byTime = (one: { who: number; at: number }, other: { who: number; at: number }) =>
          one.at - other.at || one.who - other.who;
        expect(woken.toSorted(byTime)).toEqual(expectedWakes(sleeps, until).toSorted(byTime));
        expect(clock.sleeping).toBe(
          sleeps.filter((own) => own.reduce((sum, ms) => sum + ms, 0) > until).length,
        );
      }),
    );
  });

  it("wakes in the order of going to sleep where the times are the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3 })), async (sleeps) => {
        const clock = new ManualClock();
        const woken: number[] = [];
        for (const [who, ms] of sleeps.entries()) void clock.sleep(ms).then(() => woken.push(who));
        await clock.advance(3);
        const byTime = (one: number, other: number) =>
          (sleeps[one] ?? 0) - (sleeps[other] ?? 0) || one - other;
        expect(woken).toEqual([...sleeps.keys()].toSorted(byTime));
      }),
    );
  });
});
