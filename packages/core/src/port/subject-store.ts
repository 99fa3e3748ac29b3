import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { WrappedKey } from "./key-provider.ts";
import type { Join } from "./store.ts";

/** What is known of a subject. Its name is `kind/id`. */
export interface StoredSubject {
  readonly subject: string;
  /** Its data key; `undefined` where it has none, or none any more. */
  readonly key: WrappedKey | undefined;
  readonly isForgotten: boolean;
}

/** That an entity, or a topic of its own, has personal values of a subject that is not the entity itself. */
export interface SubjectUse {
  readonly subject: string;
  /** The entity's name, or the topic's. */
  readonly topic: string;
  /** The entity's id; empty for a topic of its own. */
  readonly id: string;
}

/** A personal value in a row of its own. */
export interface PersonalRow {
  /** A UUID, by which the event refers to it. */
  readonly ref: string;
  readonly subject: string;
  readonly value: JsonValue;
}

/** What is about to be written of subjects. */
export interface SubjectWrite {
  /** Subjects that may be new, and the key that each gets if it is. */
  readonly subjects: readonly { readonly subject: string; readonly key: WrappedKey | undefined }[];
  readonly uses: readonly SubjectUse[];
  readonly values: readonly PersonalRow[];
}

/** A request to forget somebody. */
export interface ForgetRequest {
  readonly subject: string;
  /** Why; kept in the log. */
  readonly reason: string;
  /** Entities that are the subject themselves, which nobody notes when they are written. */
  readonly own: readonly SubjectUse[];
}

/** What forgetting somebody came to. */
export interface ForgetCounts {
  /** Entities that got the event that says so. */
  readonly entities: number;
  /** Topics of their own that got it. */
  readonly topics: number;
  /** Rows with values that were deleted. */
  readonly values: number;
}

/** The log's entry for the end of a request. */
export interface StoredReceipt extends ForgetCounts {
  readonly number: number;
  readonly subject: string;
  readonly reason: string;
  readonly at: Date;
}

/** Whose data keys are to be wrapped anew. */
export interface OldKeys {
  /** The key that the others are wrapped with by now. */
  readonly current: string;
  /** Only subjects after this one, in their order. */
  readonly after: string;
  readonly limit: number;
}

/** A data key that was wrapped anew; it replaces what it was wrapped from, and nothing else. */
export interface Rewrapped {
  readonly subject: string;
  readonly from: WrappedKey;
  readonly to: WrappedKey;
}

/** What a store keeps of the people whose values its events have: keys, values, who was forgotten. */
export interface SubjectStore<Tx> {
  /** Whether calls that join nothing are part of a transaction all the same, and may be undone. */
  readonly isInTransaction: boolean;

  /** Those of these subjects that are known, in any order. */
  read(subjects: readonly string[], tx: Join<Tx>): Promise<readonly StoredSubject[]>;

  /**
   * Adds what is missing, and returns what is known of these subjects then. Where the write has values, none
   * of them is kept when a subject of it is forgotten, and nobody forgets one before the transaction ends.
   */
  register(
    write: SubjectWrite,
    wanted: readonly string[],
    tx: Join<Tx>,
  ): Promise<readonly StoredSubject[]>;

  /** The values that are still there, by their rows. */
  values(refs: readonly string[], tx: Join<Tx>): Promise<ReadonlyMap<string, JsonValue>>;

  /**
   * Takes what a subject's values are read with: its key, and the rows that have them. Afterwards nobody reads
   * them, whatever else is left to do. May be repeated.
   */
  forget(request: ForgetRequest): Promise<Pick<ForgetCounts, "values">>;

  /** Where a subject's values are that the event for it has not been written to yet; `after` these, in order. */
  pending(
    subject: string,
    after: Pick<SubjectUse, "topic" | "id"> | undefined,
    limit: number,
  ): Promise<readonly SubjectUse[]>;

  /** Notes that the event was written. In its transaction. */
  settle(use: SubjectUse, tx: Tx): Promise<void>;

  /** Drops what is kept of an entity beside its events, which may be made of a subject's values. */
  dropSnapshots(entity: EntityPlan, id: string, tx: Tx): Promise<void>;

  /** Makes requests tell nothing of what was asked: those of all entities of a plan with values of the subject. */
  forgetRequests(entity: EntityPlan, subject: string): Promise<void>;

  /** Notes what forgetting a subject came to. */
  complete(subject: string, reason: string, counts: ForgetCounts): Promise<StoredReceipt>;

  /** The last receipt of a subject. */
  receipt(subject: string): Promise<StoredReceipt | undefined>;

  /** Subjects whose keys are wrapped with others than the current one. */
  oldKeys(which: OldKeys): Promise<readonly (StoredSubject & { readonly key: WrappedKey })[]>;

  /** Replaces wrapped keys, those that are still what they were. Returns how many. */
  rewrap(keys: readonly Rewrapped[]): Promise<number>;
}
