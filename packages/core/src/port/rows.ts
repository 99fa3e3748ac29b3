import type { WriteEnd } from "../decide/pending-write.ts";
import type { StoredEvent } from "../decide/stored-event.ts";
import type { JsonObject, JsonValue } from "../define/json-value.ts";
import type { Deletion } from "../define/lifecycle.ts";

/** How durable a write is when the call returns. */
export type Durability =
  /** It committed on its own. */
  | { readonly kind: "committed" }
  /** It is part of an open transaction, whose end `onEnd` tells. */
  | { readonly kind: "open"; readonly onEnd: (listener: (end: WriteEnd) => void) => void }
  /** It is part of a transaction that the store cannot watch. */
  | { readonly kind: "unknown" };

/** New events of one entity, and the index row that goes with them. */
export interface EntityWrite {
  readonly id: string;
  /** The version the events follow; 0 creates the entity. */
  readonly expectedVersion: number;
  /**
   * The revision that the tree is at, which the write raises: of an entity with children and no parent
   * that exists.
   */
  readonly revision?: number | undefined;
  /** At least one, unless there is a revision or a key. Their sequences follow `expectedVersion`. */
  readonly events: readonly StoredEvent[];
  /** The index row's declared columns, in the plan's order. */
  readonly columns: readonly JsonValue[];
  /** What the events do to the entity as a whole: sets `deletedAt` to when they happened, or clears it. */
  readonly deletion?: Deletion | undefined;
  /** What is known of why they happened, stored with each of them. */
  readonly context: JsonObject | null;
  /** When they happened; the store's own time when absent. */
  readonly recordedAt?: Date | undefined;
  /** Whether the id of a new entity may be taken: `exists` then leaves an open transaction usable. */
  readonly mayExist?: boolean | undefined;
  /** The id of whom personal values are about, where that is not the entity itself. */
  readonly subjectId?: string | undefined;
  /** What is kept of the entity at the version after the write, in place of what was kept before. */
  readonly snapshot?: JsonObject | undefined;
  /** Stored with the events, so that the same request is not written twice. */
  readonly idempotency?: Idempotency | undefined;
}

/** A request that takes effect once: its key, unique per entity type, and what it asks for. */
export interface Idempotency {
  readonly key: string;
  /** SHA-256 of what is asked for, in hexadecimal. Another one under the same key is another request. */
  readonly fingerprint: string;
  /** How long the key is kept. After that it is new, whether or not it has been deleted. */
  readonly ttlMs: number;
  /** Whose key it is, where entities are divided into scopes: the keys of one mean nothing in another. */
  readonly within?: string | undefined;
}

/** What a store knows of a request whose key it has. */
export type EarlierRequest =
  /** It took effect: the entity as it then was, and the sequence of the first event it wrote. */
  | { readonly kind: "replayed"; readonly entity: StoredEntity; readonly firstSequence: number }
  /** The key belongs to another request. */
  | { readonly kind: "keyReused" };

/** A tree that is about to be changed: no write of it came after the revision. */
export interface TreeRevision {
  readonly id: string;
  /** The values of its scope, where its plan has one. */
  readonly scope: readonly JsonValue[];
  readonly revision: number;
}

/** What became of raising revisions: of all or of none. */
export type TouchResult =
  | { readonly kind: "written"; readonly durability: Durability }
  | { readonly kind: "conflict"; readonly at: number };

/** An entity that a decision rests on, as it was read. */
export interface ReadEntity {
  readonly id: string;
  /** The values of its scope, where its plan has one. */
  readonly scope: readonly JsonValue[];
  readonly version: number;
  /** Of entities with children and no parent. */
  readonly revision?: number | undefined;
  /** Whether the same transaction is about to write it. */
  readonly writes: boolean;
}

/** Whether entities are as they were read: all of them, or the first one that is not. */
export type HoldResult =
  | { readonly kind: "held" }
  | { readonly kind: "conflict"; readonly at: number };

/** One write of a batch. All writes of a batch have the same context and time. */
export interface BatchWrite extends EntityWrite {
  /**
   * The index columns by which the entity holds unique values at the expected version, in the plan's
   * order; `undefined` when it holds none, being new or deleted.
   */
  readonly heldBefore: readonly JsonValue[] | undefined;
  /** The same after the write. */
  readonly heldAfter: readonly JsonValue[] | undefined;
}

/** What became of a write. Anything that is not one of these is thrown. */
export type WriteResult =
  | { readonly kind: "written"; readonly durability: Durability }
  /** The entity is not at the expected version. */
  | { readonly kind: "conflict"; readonly cause?: unknown }
  /** An entity has this id already. */
  | { readonly kind: "exists"; readonly cause?: unknown }
  /** A unique constraint of the plan, by its name, is violated. */
  | { readonly kind: "duplicate"; readonly constraint: string; readonly cause?: unknown }
  /** The write's key is taken; nothing was written. */
  | EarlierRequest;

/**
 * What became of a batch: all of it or nothing. `at` is the place of the write that stood in the way;
 * `undefined` where nobody can tell.
 */
export type BatchResult =
  | { readonly kind: "written"; readonly durability: Durability }
  | { readonly kind: "conflict" | "exists"; readonly at: number; readonly cause?: unknown }
  | {
      readonly kind: "duplicate";
      readonly constraint: string;
      readonly at: number | undefined;
      readonly cause?: unknown;
    }
  /** Values of this constraint go around in a circle, and nothing can stand in for one of them. */
  | { readonly kind: "cycle"; readonly constraint: string; readonly cause?: unknown };

/** One entity as it is stored. */
export interface StoredEntity {
  readonly id: string;
  readonly version: number;
  /** The stored events in the order of their sequence; those after `since`, or after the snapshot. */
  readonly events: readonly JsonObject[];
  /** How many of its first events were left out, since the reader knows them. Default is 0. */
  readonly since?: number | undefined;
  /**
   * Tells its last event from every other that ever was in its place. There for readers who say what they know,
   * where it is news to them, and only where what was read cannot be undone any more.
   */
  readonly mark?: JsonValue | undefined;
  /** Those whose personal values are in the events, for readers who say what they know. */
  readonly subjects?: readonly string[] | undefined;
  /** What was kept of it at an earlier version, or at this one. */
  readonly snapshot?: StoredSnapshot | undefined;
  /** How many writes of its tree there were; of entities with children and no parent alone. */
  readonly revision?: number | undefined;
  /** Its children by kind, in the order of their ids; a kind that the read left out is missing. */
  readonly children?: StoredChildren | undefined;
}

/** What a reader knows of an entity: its events up to a version. */
export interface KnownEntity {
  readonly version: number;
  /** The mark that the store gave with this version. */
  readonly mark: JsonValue;
  /** Those whose personal values the reader has in the clear. */
  readonly subjects: readonly string[];
}

/** What a reader knows of entities, by their ids. */
export type KnownEntities = ReadonlyMap<string, KnownEntity>;

/** What is kept of an entity at a version. */
export interface StoredSnapshot {
  readonly version: number;
  readonly body: JsonObject;
}

export type StoredChildren = { readonly [kind: string]: readonly StoredEntity[] };

/** A place in a list: the ordering value in the store's own words, and the id. */
export interface ListPosition {
  readonly value: string | null;
  readonly id: string;
}

/** A condition over index columns, by their names in the definition; values are in stored form. */
export type Predicate =
  | { readonly kind: "all" | "any"; readonly of: readonly Predicate[] }
  | { readonly kind: "not"; readonly of: Predicate }
  /** The column has no value. No other condition holds for such a row, nor does its negation. */
  | { readonly kind: "absent"; readonly column: string }
  | {
      readonly kind: "compare";
      readonly column: string;
      readonly operator: Comparison;
      readonly value: JsonValue;
    }
  | { readonly kind: "oneOf"; readonly column: string; readonly values: readonly JsonValue[] }
  /** A pattern of SQL's LIKE, with the backslash as its escape. */
  | {
      readonly kind: "like";
      readonly column: string;
      readonly pattern: string;
      readonly ignoreCase: boolean;
    };

export type Comparison = "=" | "<" | "<=" | ">" | ">=";

export interface ListQuery {
  readonly where: Predicate;
  /** A property of the plan, or `id`, `createdAt` or, with a lifecycle, `deletedAt`. Absent values come last in both directions. */
  readonly orderBy: string;
  readonly direction: "asc" | "desc";
  /** Only what comes after this place in the order. */
  readonly after: ListPosition | undefined;
  /** Only what comes before this place in the order. */
  readonly before: ListPosition | undefined;
  /** Which rows to take when there are more than `limit`; they come in the query's order either way. */
  readonly take: "first" | "last";
  readonly limit: number;
}

export interface ListedEntity extends StoredEntity {
  readonly position: ListPosition;
}

/**
 * Up to where a history is read: to a version, to a position, or to the first event recorded after a time. A
 * tree ends at one position: before its root's next version, and before the first of all of its events that
 * was recorded after the time.
 */
export type PastBound =
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "position"; readonly position: number }
  | { readonly kind: "time"; readonly at: Date };

/** One entity as it was: its first events only. */
export interface PastEntity {
  readonly id: string;
  /** The version that it is at now. */
  readonly version: number;
  /** The stored events up to the bound, in the order of their sequence. */
  readonly events: readonly JsonObject[];
  /** Those of its children that had events up to the bound, removed ones included, each with these alone. */
  readonly children?: StoredChildren | undefined;
}

/** A stretch of one entity's events by their sequences, or of a tree's by their positions. */
export interface HistoryQuery {
  /** Only what lies above this place. */
  readonly above: number;
  /** Only what lies below this place. */
  readonly below: number;
  /** By rising or falling places, which also says which events to take when there are more. */
  readonly direction: "asc" | "desc";
  readonly limit: number;
}

/** An event with everything that is stored with it. */
export interface HistoryEvent {
  readonly sequence: number;
  readonly position: number;
  readonly recordedAt: Date;
  readonly context: JsonObject | null;
  readonly body: JsonObject;
}

/** An event of an entity or of one below it, and whose it is. */
export interface TreeEvent extends HistoryEvent {
  /** The entity's name. */
  readonly topic: string;
  readonly id: string;
  /** Whose child the entity is; absent for one that is nobody's. */
  readonly parentId?: string | undefined;
}

/** An event as a topic carries it. Topic and position are its identity. */
export interface TopicEvent extends HistoryEvent {
  readonly topic: string;
  /** What it belongs to, and within which order is kept: the entity's id, or the key it was published by. */
  readonly id: string;
  /** The event's number within its entity; 0 in a topic of its own, which counts nothing. */
  readonly sequence: number;
  /** What was published with the event for its readers; `null` for an entity's. */
  readonly headers: StoredHeaders | null;
  /** The scope of its entity, in the order of the plan's; absent where there is none. */
  readonly scope?: readonly JsonValue[] | undefined;
  /** Whose child its entity is; absent for what is nobody's. */
  readonly parentId?: string | undefined;
  /** Binary data beside the body. */
  readonly bytes: Uint8Array | null;
}

/** Headers as they are stored: texts, and marks where they are personal. */
export type StoredHeaders = JsonObject;

/** Names to texts, published with an event, as in a protocol of messages. */
export type EventHeaders = { readonly [name: string]: string };
