import type { $ZodObject } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { type ColumnType, columnSpelling } from "./column-type.ts";
import type { ColumnPlan } from "./entity-plan.ts";
import { type JsonValue, NotJsonError } from "./json-value.ts";

/** Which events delete and restore an entity, as a definition declares it. */
export interface LifecycleNames {
  /** The event that deletes the entity: softly, its row and events stay. */
  readonly delete: string;
  /** The event that brings it back. Without one, a deletion is for good. */
  readonly restore?: string;
}

/** The same, as a store sees it. */
export interface LifecyclePlan {
  readonly deleteEvent: string;
  readonly restoreEvent: string | undefined;
}

/** What an event does to the entity as a whole. */
export type Deletion = "deleted" | "restored";

/** The last of these events that deletes or restores decides; `undefined` when none of them does. */
export const lastDeletion = (
  lifecycle: LifecyclePlan | undefined,
  events: readonly { readonly type: string }[],
): Deletion | undefined => {
  if (lifecycle === undefined) return undefined;
  const last = events[lastOfLifecycle(lifecycle, events)];
  if (last === undefined) return undefined;
  return last.type === lifecycle.deleteEvent ? "deleted" : "restored";
};

/** The place of the last event that deletes or restores; -1 for none. */
export const lastOfLifecycle = (
  lifecycle: LifecyclePlan | undefined,
  events: readonly { readonly type: string }[],
): number => {
  if (lifecycle === undefined) return -1;
  const { deleteEvent, restoreEvent } = lifecycle;
  return events.findLastIndex(({ type }) => type === deleteEvent || type === restoreEvent);
};

const timestamp: ColumnType = { kind: "timestamp" };

/** The column that says when an entity was deleted; there where a lifecycle is declared. */
export const DELETED_AT: ColumnPlan = Object.freeze({
  property: "deletedAt",
  column: "deleted_at",
  type: timestamp,
  nullable: true,
  unique: false,
  sortable: true,
  immutable: false,
  collation: undefined,
  references: undefined,
  onDelete: "no action",
  check: undefined,
});

/** A time of deletion as a condition gives it, in the form in which it is stored. */
export const deletedAtToStored = (value: unknown): JsonValue => {
  if (!(value instanceof Date)) return columnSpelling(timestamp, value as JsonValue);
  if (Number.isNaN(value.getTime())) throw new NotJsonError([], "is an invalid date");
  return value.toISOString();
};

/** Checks a declared lifecycle against the events. Which of them create is known to the types alone. */
export const lifecyclePlan = (
  definition: string,
  declared: LifecycleNames | undefined,
  events: Readonly<Record<string, $ZodObject>>,
): LifecyclePlan | undefined => {
  if (declared === undefined) return undefined;
  const unknown = Object.keys(declared).find((key) => key !== "delete" && key !== "restore");
  if (unknown !== undefined) {
    throw new InvalidDefinitionError(
      definition,
      `its lifecycle has an unknown option "${unknown}"`,
      'Declare { delete: "…" } and, where it can be undone, restore.',
    );
  }
  const { delete: deleteEvent, restore: restoreEvent } = declared;
  for (const event of restoreEvent === undefined ? [deleteEvent] : [deleteEvent, restoreEvent]) {
    if (typeof event === "string" && Object.hasOwn(events, event)) continue;
    throw new InvalidDefinitionError(
      definition,
      `its lifecycle names "${event}", which is no event of this entity`,
      `Name one of ${Object.keys(events).join(", ")}.`,
    );
  }
  if (deleteEvent === restoreEvent) {
    throw new InvalidDefinitionError(
      definition,
      `its lifecycle names "${deleteEvent}" for both deleting and restoring`,
      "Declare an event for each.",
    );
  }
  return Object.freeze({ deleteEvent, restoreEvent });
};
