import type { TopicEvent } from "./rows.ts";

/**
 * What is to become of an event that could not be handled. `retrying`: it is tried again when it is due.
 * `waiting`: until a process knows its type and version. `dead`: somebody decides. `redrive`: somebody wants it tried
 * again. `discarded`: it is passed over, for a reason. `handled`: it was handled in the end.
 */
export type DeadLetterStatus =
  | "retrying"
  | "waiting"
  | "dead"
  | "redrive"
  | "discarded"
  | "handled";

/** What is kept of an error: nothing that a user entered. */
export interface FailureText {
  readonly class: string;
  readonly code: string | null;
  readonly message: string;
}

/** An event that could not be handled, by reference. */
export interface DeadLetterWrite {
  readonly event: TopicEvent;
  readonly status: DeadLetterStatus;
  /** How often it has been tried; what is not the event's own fault does not count. */
  readonly attempts: number;
  readonly error: FailureText | null;
  /** When it is due, from now, for `retrying`. */
  readonly retryInMs: number | null;
  readonly reason: string | null;
}

/** Up to where a key is handled. */
export interface KeyPlace {
  readonly topic: string;
  readonly key: string;
  readonly position: number;
  /** 0 in topics that count nothing within a key. */
  readonly sequence: number;
}

/** What changes about events that could not be handled, together with a checkpoint. */
export type SlotChange =
  /** Writes a dead letter, or what has become of it; `hold` has the key's later events wait for it. */
  | { readonly kind: "letter"; readonly letter: DeadLetterWrite; readonly hold?: KeyPlace }
  /** The dead letter at this position is settled. */
  | { readonly kind: "settled"; readonly position: number; readonly as: "handled" | "discarded" }
  /** More of a held key has been handled. */
  | { readonly kind: "moved"; readonly place: KeyPlace }
  /** Nothing of the key waits any more. */
  | { readonly kind: "lifted"; readonly topic: string; readonly key: string };

/** A dead letter as consumers need to know it. */
export interface OpenLetter {
  readonly topic: string;
  readonly key: string;
  readonly position: number;
  readonly sequence: number;
  readonly eventType: string;
  /** The version that the event is stored in. */
  readonly eventVersion: number;
  readonly status: DeadLetterStatus;
  readonly attempts: number;
  /** For `retrying`: how long until it is due, in milliseconds. */
  readonly dueInMs: number | null;
}

/** A key whose later events wait. */
export interface Hold {
  readonly place: KeyPlace;
  readonly letter: OpenLetter;
}

export interface SlotTrouble {
  readonly holds: readonly Hold[];
  /** Letters to be tried again that hold nothing, by rising position. */
  readonly redrives: readonly OpenLetter[];
}

/** A reading of one key's events. */
export interface KeyRead {
  readonly after: KeyPlace;
  readonly upTo: number;
  readonly limit: number;
}

/** What a slot stands still for. */
export interface SlotFailure {
  readonly event: TopicEvent;
  readonly attempts: number;
  readonly error: FailureText;
}
