import type { JsonObject } from "../define/json-value.ts";
import type { FoldedEvents } from "./loaded-events.ts";
import type { StoredEvent } from "./stored-event.ts";

/** How a write ended, as far as anybody can tell. */
export type WriteEnd = "committed" | "rolledBack" | "unknown";

/** What is to be written of a history. */
export interface PendingWrite {
  /** The version in the database that the events follow. */
  readonly expectedVersion: number;
  readonly events: readonly StoredEvent[];
  /** The state after the last event, and before the first. */
  readonly state: object;
  readonly storedState: JsonObject;
  readonly baseState: object | undefined;
  /** The version that its newest snapshot is at, as far as is known; 0 for none. */
  readonly snapshotAt: number;
  /** There where the state after the last event is to be kept; what it says beside that state. */
  readonly snapshot: FoldedEvents | undefined;
  /** Whose child it is. */
  readonly parentId: string | undefined;
  /** The revision that the tree was read at, where the write counts as one of the tree. */
  readonly revision: number | undefined;
}

/** A moment of a history, to come back to. */
export interface HistoryMark {
  /** The version that all of its events lead to, stored or not. */
  readonly version: number;
  readonly state: object | undefined;
  readonly storedState: JsonObject | undefined;
}
