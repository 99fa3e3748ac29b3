import { InvalidArgumentError } from "../errors/read-errors.ts";
import { type Consumer, runWithin } from "./consumer.ts";
import { Limiter } from "./limiter.ts";

export interface RunConsumersOptions {
  /** Ends all of them. */
  readonly signal: AbortSignal;
  /**
   * How many batches are handled, or read, at a time by all of them together: at most as many connections
   * are in use, and one more now and then for leases. Default is 8.
   */
  readonly concurrency?: number;
}

/**
 * Runs many consumers in one process until the signal is aborted or one of them fails, which ends the
 * others too. Each finishes its batch in hand, within its `stopTimeoutMs`.
 *
 * @throws whatever the first to fail throws
 */
export const runConsumers = async (
  consumers: readonly Consumer[],
  { signal, concurrency = 8 }: RunConsumersOptions,
): Promise<void> => {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new InvalidArgumentError(
      "runConsumers",
      "concurrency is not a whole number above 0",
      "Leave it out for 8.",
    );
  }
  const limiter = new Limiter(concurrency);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  let first: { readonly error: unknown } | undefined;
  const runs = consumers.map((consumer) =>
    consumer[runWithin](either, limiter).catch((error: unknown) => {
      first ??= { error };
      failed.abort();
    }),
  );
  await Promise.all(runs);
  if (first !== undefined) throw (first as { readonly error: unknown }).error;
};
