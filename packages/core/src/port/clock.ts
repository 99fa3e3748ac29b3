/** Where the time comes from, and what waits for it. */
export interface Clock {
  /** The time now, to the millisecond. */
  now(): Date;
  /**
   * Waits until this many milliseconds have passed. Ends early, and without an error, when the signal is
   * aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Timers count in 32 bits: a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The process's own clock. */
export const systemClock: Clock = Object.freeze<Clock>({
  now: () => new Date(),
  sleep: async (ms, signal) => {
    let left = ms;
    for (; left > TIMER_MAX_MS && !signal?.aborted; left -= TIMER_MAX_MS) {
      await timer(TIMER_MAX_MS, signal);
    }
    await timer(left, signal);
  },
});

const timer = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(started);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const started = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
