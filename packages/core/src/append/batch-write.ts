import type { History } from "../decide/history.ts";
import type { PendingWrite } from "../decide/pending-write.ts";
import type { ColumnModel } from "../define/column-model.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import { type AnnalsError, atBatchIndex } from "../errors/annals-error.ts";
import { DuplicateValueError, UniqueValueCycleError } from "../errors/append-errors.ts";
import type { BatchResult, BatchWrite } from "../port/rows.ts";
import { uniqueKey } from "../port/unique-key.ts";
import { columnsOfConstraint, entityWrite, type Recording, refusal } from "./entity-write.ts";

type RefusedBatch = Exclude<BatchResult, { kind: "written" }>;

/** Turns what is pending of one member of a batch into what a store writes. Pure. */
export const batchWrite = (
  model: EntityModel,
  history: History,
  pending: PendingWrite,
  recording: Recording,
): BatchWrite => {
  // Revisions are compared before, all at once.
  const write = {
    ...entityWrite(model, history.id, pending, recording, undefined),
    revision: undefined,
  };
  const wasDeleted = history.wasDeletedAt(pending.expectedVersion);
  const isDeleted = write.deletion === undefined ? wasDeleted : write.deletion === "deleted";
  const { baseState } = pending;
  return {
    ...write,
    heldBefore:
      wasDeleted || baseState === undefined
        ? undefined
        : columnsOf(model, baseState, pending.parentId),
    heldAfter: isDeleted ? undefined : write.columns,
  };
};

const columnsOf = (
  model: EntityModel,
  state: object,
  parentId: string | undefined,
): readonly JsonValue[] =>
  model.columns.map((column) =>
    isInUnique(model, column) ? oldValue(column, state, parentId) : null,
  );

const isInUnique = ({ plan: { uniques } }: EntityModel, { plan }: ColumnModel): boolean =>
  uniques.some(({ properties }) => properties.includes(plan.property));

const oldValue = (
  { readOldValue }: ColumnModel,
  state: object,
  parentId: string | undefined,
): JsonValue => {
  try {
    return readOldValue(state, parentId);
  } catch {
    // Today's column has no value for a state of old. It is only wanted for the order of writing.
    return null;
  }
};

/** The first write that would leave what an earlier one leaves in a unique constraint. */
export const repeatedValue = (
  plan: EntityPlan,
  writes: readonly BatchWrite[],
): Extract<BatchResult, { kind: "duplicate" }> | undefined => {
  const seen = plan.uniques.map(() => new Set<string>());
  for (const [at, { heldAfter }] of writes.entries()) {
    for (const [which, unique] of plan.uniques.entries()) {
      const key = uniqueKey(plan, unique, heldAfter);
      if (key === undefined) continue;
      if (seen[which]?.has(key)) return { kind: "duplicate", constraint: unique.constraint, at };
      seen[which]?.add(key);
    }
  }
  return undefined;
};

/** The error for a batch that was refused, with the place of the member that it is about. */
export const batchRefusal = (
  model: EntityModel,
  writes: readonly BatchWrite[],
  result: RefusedBatch,
): AnnalsError => {
  const error = memberRefusal(model, writes, result);
  const isAboutOne = result.kind !== "cycle" && result.at !== undefined;
  return isAboutOne ? atBatchIndex(error, result.at) : error;
};

/** The error for a refused batch whose members the caller did not list. */
export const memberRefusal = (
  model: EntityModel,
  writes: readonly BatchWrite[],
  result: RefusedBatch,
): AnnalsError => {
  const entity = model.plan.name;
  const options = result.cause === undefined ? undefined : { cause: result.cause };
  if (result.kind === "cycle") {
    const columns = columnsOfConstraint(model, result.constraint);
    return new UniqueValueCycleError({ entity, columns }, options);
  }
  const write = result.at === undefined ? undefined : writes[result.at];
  if (write !== undefined) return refusal(model, write, result);
  const columns = result.kind === "duplicate" ? columnsOfConstraint(model, result.constraint) : [];
  return new DuplicateValueError({ entity, id: undefined, columns, values: [] }, options);
};
