import type { TopicPlan } from "./topic-plan.ts";

/** What a store needs to know of a topic of its own, to write it, to keep it and to shorten it. */
export interface PublishedPlan extends TopicPlan {
  readonly kind: "topic";
  /** When the partition that takes new events is closed: at its age or its number of events. */
  readonly partitions: { readonly spanMs: number; readonly events: number };
  /** What is kept; `undefined` keeps everything. Partitions go as a whole, the oldest first. */
  readonly retention: RetentionPlan | undefined;
  /** The table of each key's latest event; `undefined` keeps none. */
  readonly compaction: CompactionPlan | undefined;
  /** How long a deduplication key is remembered. */
  readonly deduplicationMs: number;
}

/** Limits of which each alone makes the oldest partition superfluous. */
export interface RetentionPlan {
  readonly ageMs: number | undefined;
  readonly events: number | undefined;
  readonly bytes: number | undefined;
}

export interface CompactionPlan {
  /** The view that shows the latest event of every key. */
  readonly latestView: string;
  /** The table under it, which also remembers for a while what was deleted. */
  readonly latestTable: string;
  /** Event types that remove their key. */
  readonly deletedBy: readonly string[];
}
