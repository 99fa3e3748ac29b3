import type { JsonObject } from "../define/json-value.ts";
import type { StoredHeaders, TopicEvent } from "./rows.ts";
import type { Join } from "./store.ts";

/** An event that is to be published, in its stored form. */
export interface Publication {
  /** What keeps its order; never empty. */
  readonly key: string;
  readonly body: JsonObject;
  readonly bytes: Uint8Array | null;
  readonly headers: StoredHeaders;
  /** Under which it is published once within the topic's window; `null` publishes it always. */
  readonly deduplicationKey: string | null;
}

/** Publications of one call, and what they have in common. */
export interface PublishWrite {
  /** At least one. */
  readonly publications: readonly Publication[];
  readonly context: JsonObject | null;
  /** When they happened; the store's own time when absent. */
  readonly recordedAt?: Date | undefined;
}

/** What became of the publications of one call. */
export interface PublishResult {
  /** How many events the topic got. */
  readonly published: number;
  /** How many it had already, by their deduplication keys. */
  readonly duplicates: number;
  /** The position of the last event that was published; `undefined` when none was. */
  readonly position: number | undefined;
}

export interface TopicStore<Tx> {
  /** Publishes all of them together, at positions that rise in their order. */
  publish(write: PublishWrite, tx: Join<Tx>): Promise<PublishResult>;

  /** The latest event of a key, where the plan keeps it; `undefined` when there is none. */
  latest(key: string, tx: Join<Tx>): Promise<TopicEvent | undefined>;

  /** Does what is due: closes, drops and forgets. One process at a time does it; the others skip. */
  maintain(options: MaintainOptions): Promise<Maintenance>;
}

export interface MaintainOptions {
  /**
   * Whether retention may drop events that a consumer has not handled. What is dropped that way is
   * recorded with the consumer's name. Default is that such events are kept.
   */
  readonly pastConsumers?: boolean;
}

/** What one run of maintenance did. */
export interface Maintenance {
  readonly topic: string;
  /** `false` when another process was at it, so that nothing was done. */
  readonly ran: boolean;
  /** Whether the partition that took new events was closed. */
  readonly closed: boolean;
  /** Partitions that were dropped, the oldest first. */
  readonly dropped: readonly DroppedPartition[];
  /** Why the next partition that retention would drop was kept; `undefined` when there is none. */
  readonly held: HeldPartition | undefined;
}

export interface DroppedPartition {
  readonly partition: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly events: number;
  /** Consumers that had not handled all of it. */
  readonly passedConsumers: readonly string[];
}

export interface HeldPartition {
  readonly partition: number;
  /** Consumers that have not handled all of it. */
  readonly consumers: readonly string[];
  /** Whether transactions that may still write to it are open. */
  readonly isOpen: boolean;
}
