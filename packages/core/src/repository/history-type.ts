import type { AnyEntity, EventOf } from "../define/entity-definition.ts";
import type { JsonObject } from "../define/json-value.ts";

/** One event of an entity, and everything that is stored with it. */
export interface RecordedEvent<Event> {
  readonly event: Event;
  /** Its place among the entity's events, from 1; the entity's version right after it. */
  readonly sequence: number;
  /** Its place in the order over all topics. */
  readonly position: number;
  /** Its place, from 1, among the events that one stored event of an older version became; else 1. */
  readonly part: number;
  /** How many events the stored one became, which have sequence and position in common; 1 as a rule. */
  readonly parts: number;
  readonly recordedAt: Date;
  /** What was known of why it happened; `null` for nothing. */
  readonly context: JsonObject | null;
}

/** An event of a definition as `history()` returns it. */
export type RecordedEventOf<Definition extends AnyEntity> = RecordedEvent<EventOf<Definition>>;

export interface HistoryOptions {
  /** How many stored events the page has at most, counted from its beginning: 1 to 1,000. Default is 50. */
  readonly first?: number;
  /** The same, counted from its end. Not with `first`. */
  readonly last?: number;
  /** A sequence, or a page's `endCursor`, which is one as text: what comes after it in the order. */
  readonly after?: number | string | undefined;
  /** A sequence, or a page's `startCursor`: what comes before it in the order. */
  readonly before?: number | string | undefined;
  /** By sequence. Default is `asc`, the oldest first. */
  readonly direction?: "asc" | "desc";
}

/** A history walked from its beginning: every option but those that cut a page. */
export type HistoryWalkOptions = Omit<HistoryOptions, "last" | "before">;

/**
 * Which past of an entity is meant: its first events up to a version, up to a position, or up to the first one
 * that was recorded after a time. A tree is shown as it last was at its root's version, and at a time before
 * the first of all of its events that was recorded later.
 */
export type AsOf = Date | { readonly version: number } | { readonly position: number };
