import { isTransient } from "../connection/sqlstate.ts";
import { ServerRestartedError } from "../consumers/server-restarted-error.ts";
import type { ProjectionParts } from "./projection-parts.ts";

/** How long it waits before it asks again, at first and at most. */
const PAUSE_FIRST_MS = 50;
const PAUSE_MAX_MS = 1_000;

/**
 * Repeats what fails in passing, such as on a lock that others keep or a connection that broke.
 *
 * @returns undefined when the signal was aborted before it was done.
 */
export const repeated = async <DB, Result>(
  { clock }: ProjectionParts<DB>,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
  onFailed: () => void = () => {},
): Promise<Result | undefined> => {
  let pauseMs = PAUSE_FIRST_MS;
  while (signal?.aborted !== true) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      onFailed();
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS);
    }
  }
  return undefined;
};

const isPassing = (error: unknown): boolean =>
  error instanceof ServerRestartedError ||
  isTransient(error) ||
  (error instanceof Error && error.cause !== undefined && isPassing(error.cause));
