import type { History } from "./history.ts";
import type { SubjectTrack } from "./subject-track.ts";

/** What was read of an entity: the events that its stored ones became, and what they fold into. */
export interface LoadedEvents {
  /** All of them; none where they were folded and are not kept. The history that is made of them goes on with this list. */
  readonly events: object[];
  readonly state: object | undefined;
  /** How many events are stored. */
  readonly version: number;
  /** For each event the sequence of the stored one that it came of; absent where each became one. */
  readonly sequences?: readonly number[] | undefined;
  /** What is known of events that are not kept. */
  readonly folded?: FoldedEvents | undefined;
  /** The version that its newest snapshot is at, as far as is known; 0 for none. */
  readonly snapshotAt?: number | undefined;
  readonly subjects?: SubjectTrack | undefined;
  /** How many writes of the tree there were; of roots alone. */
  readonly revision?: number | undefined;
  /** The children that were read, by kind and id. A kind that is missing was left out. */
  readonly children?: ReadonlyMap<string, Map<string, History>> | undefined;
  /** The kinds of children of which only some were read. */
  readonly partial?: ReadonlySet<string> | undefined;
}

/** What is known of events that were folded and are not kept. */
export interface FoldedEvents {
  /** The sequence of the stored event that deletes the entity; `undefined` where it is not deleted. */
  readonly deletedBy: number | undefined;
}
