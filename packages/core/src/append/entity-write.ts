import type { PendingWrite } from "../decide/pending-write.ts";
import type { ColumnModel } from "../define/column-model.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { type JsonObject, type JsonValue, NotJsonError } from "../define/json-value.ts";
import { lastDeletion } from "../define/lifecycle.ts";
import type { AnnalsError } from "../errors/annals-error.ts";
import {
  ConcurrentModificationError,
  DuplicateValueError,
  EntityAlreadyExistsError,
} from "../errors/append-errors.ts";
import { InvalidStateError } from "../errors/decide-errors.ts";
import type { EntityWrite, Idempotency, WriteResult } from "../port/rows.ts";
import { scopeValues } from "./scope-values.ts";
import { shownValue } from "./shown-value.ts";
import { snapshotBody } from "./snapshot-body.ts";

/** What is stored beside events: when they happened, and what is known of why. */
export type Recording = Pick<EntityWrite, "recordedAt" | "context">;

/** Turns what is pending into what a store writes. Pure. */
export const entityWrite = (
  model: EntityModel,
  id: string,
  pending: PendingWrite,
  { recordedAt, context }: Recording,
  idempotency: Idempotency | undefined,
): EntityWrite => {
  checkImmutable(model, id, pending);
  return {
    id,
    expectedVersion: pending.expectedVersion,
    revision: pending.expectedVersion > 0 ? pending.revision : undefined,
    events: pending.events,
    columns: model.columns.map((column) => columnValue(model, id, column, pending)),
    deletion: lastDeletion(model.plan.lifecycle, pending.events),
    context: model.keepsContext ? context : null,
    recordedAt,
    subjectId: model.erasure?.field && subjectIn(pending.storedState, model.erasure.field),
    snapshot: snapshotBody(pending),
    idempotency,
  };
};

/** A write of no event of its own, which raises the tree's revision, takes a request's key, or both. */
export const touchingWrite = (
  model: EntityModel,
  id: string,
  pending: PendingWrite,
  idempotency: Idempotency | undefined,
): EntityWrite => ({
  id,
  expectedVersion: pending.expectedVersion,
  revision: pending.revision,
  events: [],
  columns: scopeValues(model, pending),
  context: null,
  idempotency,
});

/** Whom personal values are about, as the state says; `undefined` while it says nobody. */
const subjectIn = (state: JsonObject, field: string): string | undefined => {
  const id = state[field];
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
};

const COLUMN_THREW = { path: [], message: "its normalize or from threw an error" };

/** What `normalize` or `from` makes of a state may be something that JSON cannot hold. */
const columnValue = (
  model: EntityModel,
  id: string,
  { plan, readValue }: ColumnModel,
  { state, storedState, parentId }: PendingWrite,
): JsonValue => {
  try {
    return readValue(state, storedState, parentId);
  } catch (error) {
    const { path, message } = error instanceof NotJsonError ? error.issue : COLUMN_THREW;
    const issues = [{ path: [plan.property, ...path], message }];
    throw new InvalidStateError({ entity: model.plan.name, id, issues }, { cause: error });
  }
};

const checkImmutable = (model: EntityModel, id: string, pending: PendingWrite): void => {
  const { baseState } = pending;
  if (baseState === undefined) return;
  const immutable = model.columns.filter(({ plan }) => plan.immutable);
  if (immutable.length === 0) return;
  const encoded = model.state.encode(baseState);
  // A state that an older schema allowed cannot be compared; the row keeps what it was created with.
  if (!encoded.ok) return;
  const base = { ...pending, state: baseState, storedState: encoded.result.stored };
  for (const column of immutable) {
    const { plan } = column;
    const before = columnValue(model, id, column, base);
    if (sameValue(before, columnValue(model, id, column, pending))) continue;
    const issues = [{ path: [plan.property], message: "is immutable, but would change" }];
    throw new InvalidStateError({ entity: model.plan.name, id, issues });
  }
};

const sameValue = (one: JsonValue, other: JsonValue): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);

type Refusal = Extract<WriteResult, { kind: "conflict" | "exists" | "duplicate" }>;

/** The error for a write that was refused. */
export const refusal = (model: EntityModel, write: EntityWrite, result: Refusal): AnnalsError => {
  const entity = model.plan.name;
  const options = result.cause === undefined ? undefined : { cause: result.cause };
  switch (result.kind) {
    case "conflict":
      return new ConcurrentModificationError(
        { entity, id: write.id, expectedVersion: write.expectedVersion },
        options,
      );
    case "exists":
      return new EntityAlreadyExistsError({ entity, id: write.id }, options);
    case "duplicate": {
      const columns = columnsOfConstraint(model, result.constraint);
      const values = columns.map((property) => valueAt(model, write, property));
      return new DuplicateValueError({ entity, id: write.id, columns, values }, options);
    }
  }
};

/** The constraint's columns as the definition names them; the constraint itself when it is foreign. */
export const columnsOfConstraint = (model: EntityModel, constraint: string): readonly string[] =>
  model.plan.uniques.find((unique) => unique.constraint === constraint)?.lookup ?? [constraint];

const valueAt = (model: EntityModel, write: EntityWrite, property: string): JsonValue => {
  const at = model.columns.findIndex(({ plan }) => plan.property === property);
  return shownValue(model.plan, property, write.columns[at] ?? null) as JsonValue;
};
