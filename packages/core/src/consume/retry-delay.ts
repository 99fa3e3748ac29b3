import type { RetryDelays } from "./consumer-options.ts";

export type RetryPlan = Required<RetryDelays>;

/** How long to wait after so many attempts, in milliseconds; a quarter more or less, so that retries spread. */
export const retryDelay = (
  { firstMs, maxMs }: RetryPlan,
  attempts: number,
  random: () => number = Math.random,
): number => {
  const exact = Math.min(firstMs * 2 ** (attempts - 1), maxMs);
  return Math.round(exact * (0.75 + random() / 2));
};
