import type { Clock } from "../port/clock.ts";

/** How often and how patiently a decision is repeated after a lost race. */
export interface RetryOptions {
  /** How many times it is decided at most, the first time included: 1 to 100. Default is 5. */
  readonly attempts?: number;
  /** The longest pause after the first lost race, in milliseconds. It doubles each time. Default is 10. */
  readonly pauseMs?: number;
}

const ATTEMPTS_DEFAULT = 5;
const ATTEMPTS_MAX = 100;
const PAUSE_DEFAULT_MS = 10;
const PAUSE_MAX_MS = 1_000;

/** What one try came to: a conflict is a value here, until nobody tries again. */
export type Try<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "conflict"; readonly error: Error };

/** Whether the options can be used; says what is wrong with them otherwise. */
export const retryProblem = ({ attempts, pauseMs }: RetryOptions): string | undefined => {
  const isCount = attempts === undefined || (Number.isInteger(attempts) && attempts >= 1);
  if (!isCount || (attempts ?? 0) > ATTEMPTS_MAX) {
    return `attempts is not a whole number from 1 to ${ATTEMPTS_MAX}`;
  }
  return pauseMs === undefined || (pauseMs >= 0 && pauseMs <= PAUSE_MAX_MS)
    ? undefined
    : `pauseMs is not a number from 0 to ${PAUSE_MAX_MS}`;
};

/**
 * Tries until it is done or the attempts are used up, with pauses that double and are drawn at random
 * from nothing to their length, so that those who met once do not meet again ("full jitter": Marc
 * Brooker, Exponential Backoff And Jitter, 2015).
 *
 * @throws the last conflict's error.
 */
export const retried = async <Result>(
  once: () => Promise<Try<Result>>,
  clock: Clock,
  { attempts = ATTEMPTS_DEFAULT, pauseMs = PAUSE_DEFAULT_MS }: RetryOptions,
): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    const tried = await once();
    if (tried.kind === "done") return tried.result;
    if (attempt >= attempts) throw tried.error;
    const longest = Math.min(pauseMs * 2 ** (attempt - 1), PAUSE_MAX_MS);
    await clock.sleep(Math.random() * longest);
  }
};
