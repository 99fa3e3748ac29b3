import type { Trial } from "../trial.ts";

/** For how long an unrelated transaction may hold up an event before that is a stall. */
export const STALL_MS = 2_000;

/** What became of one phase: something to tell, or why it could not be. */
export type PhaseOutcome =
  | { readonly kind: "ran"; readonly longestWaitMs?: number; readonly told: string }
  | { readonly kind: "skipped"; readonly because: string };

/** A stretch of a trial, with faults of its own. */
export interface Phase {
  readonly name: string;
  /** Its part of the events, among the phases that are run. */
  readonly share: number;
  run(trial: Trial, events: number): Promise<PhaseOutcome>;
}
