import { HandlerTimeoutError } from "../errors/consume-errors.ts";

/**
 * Calls a handler, and waits for it no longer than it may take. Its signal is aborted then, as when the
 * consumer stops; what it does afterwards has no effect on the consumer.
 *
 * @throws HandlerTimeoutError
 */
export const inTime = async (
  call: (signal: AbortSignal) => unknown,
  stop: AbortSignal,
  consumer: string,
  timeoutMs: number,
): Promise<unknown> => {
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new HandlerTimeoutError({ consumer, timeoutMs });
      late.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([call(AbortSignal.any([stop, late.signal])), isLate]);
  } finally {
    clearTimeout(timer);
  }
};
