import type { Driver } from "./driver.ts";
import { isFlawless, type Verdict } from "./judge.ts";
import { crossing } from "./phases/crossing.ts";
import { type Phase, type PhaseOutcome, STALL_MS } from "./phases/phase.ts";
import { pooler } from "./phases/pooler.ts";
import { restart } from "./phases/restart.ts";
import { restored } from "./phases/restored.ts";
import { unrelated } from "./phases/unrelated.ts";
import { startServer } from "./server.ts";
import { Trial } from "./trial.ts";

export const WRITERS = 12;

export const allPhases: readonly Phase[] = [crossing, restart, unrelated, pooler, restored];

export interface ProveOptions {
  readonly seed: number;
  /** About how many events are appended. */
  readonly events: number;
  /** How many write at once, on twice as many streams. Default is 12. */
  readonly writers?: number;
  readonly phases?: readonly Phase[];
  /** For how long nothing may be delivered before what is missing counts as lost. Default is 10,000. */
  readonly quietMs?: number;
  readonly onProgress?: (line: string) => void;
}

/** How one store came out of it. */
export interface Proof {
  readonly driver: string;
  readonly version: string;
  readonly options: string;
  readonly server: string;
  readonly seed: number;
  readonly verdict: Verdict;
  /** The longest that an event waited behind unrelated transactions; absent when that was not tried. */
  readonly longestWaitMs?: number;
  readonly phases: readonly (PhaseOutcome & { readonly name: string })[];
  readonly consumersKilled: number;
  /** What a consumer's process said last before it ended or began again, if anything. */
  readonly complaint: string;
  readonly seconds: number;
  readonly isProven: boolean;
}

/** Puts one store through every phase, on a server of its own, and judges what is on record. */
export const prove = async (driver: Driver, options: ProveOptions): Promise<Proof> => {
  const {
    seed,
    events,
    writers = WRITERS,
    phases = allPhases,
    quietMs = 10_000,
    onProgress,
  } = options;
  const began = Date.now();
  const server = await startServer();
  const description = /PostgreSQL [\d.]+/.exec(server.description)?.[0] ?? server.description;
  let trial: Trial | undefined;
  try {
    trial = await Trial.begin(server, { driver, seed, writers, quietMs });
    const shares = phases.reduce((sum, { share }) => sum + share, 0) || 1;
    const outcomes: (PhaseOutcome & { readonly name: string })[] = [];
    for (const phase of phases) {
      onProgress?.(`${driver.name}: ${phase.name}`);
      const outcome = await phase.run(trial, Math.ceil((events * phase.share) / shares));
      outcomes.push({ name: phase.name, ...outcome });
    }
    onProgress?.(`${driver.name}: delivering what is left`);
    const { complaint } = trial;
    const verdict = await trial.verdict();
    const longestWaitMs = longestWait(outcomes);
    return {
      driver: driver.name,
      version: driver.version,
      options: driver.options,
      server: description,
      seed,
      verdict,
      ...(longestWaitMs !== undefined && { longestWaitMs }),
      phases: outcomes,
      consumersKilled: trial.killed,
      complaint,
      seconds: Math.round((Date.now() - began) / 1_000),
      isProven: isFlawless(verdict) && (longestWaitMs ?? 0) < STALL_MS,
    };
  } finally {
    await trial?.stopConsumer();
    await (trial?.server ?? server).stop();
  }
};

const longestWait = (outcomes: readonly PhaseOutcome[]): number | undefined => {
  const waits = outcomes.flatMap((outcome) =>
    outcome.kind === "ran" && outcome.longestWaitMs !== undefined ? [outcome.longestWaitMs] : [],
  );
  return waits.length === 0 ? undefined : Math.max(...waits);
};
