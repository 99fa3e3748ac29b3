import { AnnalsError } from "../errors/annals-error.ts";
import type { ConsumerStore } from "../port/consumer-store.ts";

/** Whether the same call may succeed later. Our own errors are looked through to what they wrap. */
export const isPassing = (
  error: unknown,
  store: Pick<ConsumerStore<never>, "isTransient">,
): boolean => {
  if (store.isTransient(error)) return true;
  return error instanceof AnnalsError && (error.retryable || isPassing(error.cause, store));
};
