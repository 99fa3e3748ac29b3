import type { AnnalsError } from "@annals/core";
import {
  type BatchResult,
  type BatchWrite,
  type EntityPlan,
  uniqueKey,
} from "@annals/core/adapter";
import { databaseError } from "../connection/database-error.ts";
import { SQLSTATE, sqlstateOf } from "../connection/sqlstate.ts";
import type { BatchOutcome } from "../statements/batch-parts.ts";
import { looseKey } from "./value-moves.ts";
import { writeFailure } from "./violations.ts";

type Refusal = Exclude<BatchResult, { kind: "written" }>;

/** Ends a batch of two statements after the first, so that its transaction rolls back. */
export class BatchRefused extends Error {
  readonly result: Refusal;

  constructor(result: Refusal) {
    super(`The batch is refused: ${result.kind}`, { cause: result.cause });
    this.result = result;
  }
}

/** What the database says stood in the way of a batch, of which it wrote nothing. */
export const refusalOf = (
  plan: EntityPlan,
  outcome: BatchOutcome | undefined,
): Refusal | undefined => {
  if (typeof outcome?.conflict === "number") return { kind: "conflict", at: outcome.conflict };
  if (typeof outcome?.taken_at !== "number") return undefined;
  const unique = plan.uniques[(outcome.taken_in ?? 0) - 1];
  return unique === undefined
    ? { kind: "exists", at: outcome.taken_at }
    : { kind: "duplicate", constraint: unique.constraint, at: outcome.taken_at };
};

export interface BatchFailure {
  readonly result: Refusal | AnnalsError;
  /** Whether the same statement, run again, would see who was first. */
  readonly mayLookAgain: boolean;
}

/** What a failed batch means. The database names the constraint, but not the row. */
export const batchFailure = (
  plan: EntityPlan,
  writes: readonly BatchWrite[],
  cause: unknown,
): BatchFailure => {
  const failure = writeFailure(plan, cause);
  if (failure instanceof Error) return { result: failure, mayLookAgain: false };
  switch (failure.kind) {
    case "conflict": {
      // In a stricter isolation level the whole transaction is lost, and no entity is named.
      const mayLookAgain = sqlstateOf(cause) === SQLSTATE.serializationFailure;
      return { result: databaseError(`writing a batch of ${plan.name}`, cause), mayLookAgain };
    }
    case "exists": {
      const result: Refusal =
        writes.length === 1
          ? { kind: "exists", at: 0, cause }
          : { kind: "duplicate", constraint: "id", at: undefined, cause };
      return { result, mayLookAgain: true };
    }
    case "duplicate": {
      const at = atFault(plan, writes, failure.constraint);
      return { result: { ...failure, at }, mayLookAgain: true };
    }
  }
};

/** The only member that changes its values in the constraint, or that repeats another's; if there is one. */
const atFault = (
  plan: EntityPlan,
  writes: readonly BatchWrite[],
  constraint: string,
): number | undefined => {
  const unique = plan.uniques.find((one) => one.constraint === constraint);
  if (unique === undefined) return undefined;
  const seen = new Set<string>();
  const changing: number[] = [];
  for (const [at, { heldBefore, heldAfter }] of writes.entries()) {
    const key = looseKey(plan, unique, heldAfter);
    if (key === undefined) continue;
    if (seen.has(key)) return at;
    seen.add(key);
    const before = uniqueKey(plan, unique, heldBefore);
    if (before !== uniqueKey(plan, unique, heldAfter)) changing.push(at);
  }
  return changing.length === 1 ? changing[0] : undefined;
};
