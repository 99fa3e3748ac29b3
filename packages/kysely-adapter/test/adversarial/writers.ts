import { AnnalsError } from "@annals/core";
import { Random } from "@annals/faults";
import { isTransient } from "../../src/connection/sqlstate.ts";
import type { Desk } from "./writer-actions.ts";
import { Regret, writerActions } from "./writer-actions.ts";

/** What a writer among many on few keys, on a server that crashes, has to expect. */
const EXPECTED: ReadonlySet<string> = new Set([
  "ANNALS_CONCURRENT_MODIFICATION",
  "ANNALS_DUPLICATE_VALUE",
  "ANNALS_LOCK_TIMEOUT",
  "ANNALS_OUTCOME_UNKNOWN",
]);

const isExpected = (error: unknown): boolean => {
  if (error instanceof Regret || isTransient(error)) return true;
  if (error instanceof AnnalsError && EXPECTED.has(error.code)) return true;
  return error instanceof Error && error.cause !== undefined && isTransient(error.cause);
};

/** How often each action came to its end, by the name of the action or of what stopped it. */
export type Tally = Map<string, number>;

/** Writes until the signal is aborted, one random action after another. */
export const write = async (desk: Desk, signal: AbortSignal, tally: Tally): Promise<void> => {
  while (!signal.aborted) {
    const action = desk.random.weighted(writerActions);
    const outcome = await action(desk).then(
      () => action.name,
      (error: unknown) => {
        if (!isExpected(error)) throw error;
        return error instanceof AnnalsError ? error.code : "interrupted";
      },
    );
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
  }
};

/** A generator for each writer, all from one seed. */
export const writerRandom = (seed: number, writer: number): Random =>
  new Random(Math.imul(seed, 0x9e3779b1) + writer);
