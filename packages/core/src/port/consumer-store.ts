import type { JsonValue } from "../define/json-value.ts";
import type { TopicPlan } from "../define/topic-plan.ts";
import type { KeyRead, SlotChange, SlotFailure, SlotTrouble } from "./dead-letters.ts";
import type { TopicEvent } from "./rows.ts";

/** A topic as one consumer follows it. */
export interface FollowedTopic {
  readonly plan: TopicPlan;
  /** Event types that its definition knows and that are not read. All others are. */
  readonly passedOver: readonly string[];
}

/**
 * A place in the order of all topics. `"beginning"`: before the first event. `"now"`: whatever is recorded
 * already is behind it. `time`: right before the first event recorded at or after it. `position`: right after
 * it. `consumer`: where another consumer is.
 */
export type StartPlace =
  | "beginning"
  | "now"
  | { readonly time: Date }
  | { readonly position: number }
  | { readonly consumer: string };

/** A position up to which the topics are settled, as long as the store's life is the same. */
export interface SettledPlace {
  readonly position: number;
  readonly life: string;
}

/** What a store has to know of a consumer. */
export interface ConsumerPlan {
  readonly name: string;
  readonly topics: readonly FollowedTopic[];
  /** How many slots it wants at least. */
  readonly slots: number;
  /** The event types that it has handlers for, each as `topic:type`. */
  readonly handles: readonly string[];
  /** The event types that its definitions know, likewise. */
  readonly knows: readonly string[];
  /** Only events of these entities or keys are read; all when absent. */
  readonly keys: readonly string[] | undefined;
  /** Only events of entities in this scope are read, whose columns all topics have; of all when absent. */
  readonly scope?: readonly JsonValue[] | undefined;
  /** Where it starts when it is new. */
  readonly start: StartPlace;
  /** Whether other topics than it is registered with are followed from where it stands. */
  readonly changesTopics: boolean;
}

/** A slot that a process may work on, under a lease that others respect and that fences the checkpoint. */
export interface OwnedSlot {
  readonly slot: number;
  /** Raised whenever the lease changes hands. */
  readonly epoch: number;
  /** The checkpoint: everything of the slot's keys up to here is handled. */
  readonly position: number;
  /** How often the checkpoint was moved, or asserted, so far. */
  readonly moves: number;
  /** How often in a row its lease ran out before its checkpoint moved. */
  readonly losses: number;
  /** The position that was handled alone when the lease ran out last. */
  readonly suspect: number | undefined;
}

export interface Attendance {
  /** The process, by an id of its own for each run. */
  readonly process: string;
  /** How long leases last from now, in milliseconds of the store's clock. */
  readonly leaseMs: number;
  /**
   * `shared` takes part in spreading the slots over all processes; `all` takes whatever is free, for a
   * short time.
   */
  readonly wants: "shared" | "all";
  /** Slots whose checkpoint has moved since they were taken. */
  readonly moved: readonly number[];
}

/** How a consumer stands, as one of its processes sees it. */
export interface Standing {
  /** Over how many slots the consumer's keys are spread now. */
  readonly slots: number;
  readonly owned: readonly OwnedSlot[];
  /** How many slots this process should have; it gives back what is more. */
  readonly quota: number;
  /** Set while the number of slots is about to change: none goes beyond before all have come to it. */
  readonly drainTo: number | undefined;
  /** Why nothing, or not all of it, is to be handled now; it was paused. */
  readonly paused: string | undefined;
  /** Why this process stands back for others; `undefined` when it does not. */
  readonly waitsBecause: string | undefined;
}

/** Which slots to read for, and over how many slots the keys are spread. */
export interface SlotChoice {
  readonly slots: readonly number[];
  readonly of: number;
}

export interface ReadRequest {
  readonly after: number;
  /** No further than this. */
  readonly upTo: number | undefined;
  readonly limit: number;
  readonly for: SlotChoice;
}

/** An event, and the slot that it belongs to. */
export interface SlottedEvent extends TopicEvent {
  readonly slot: number;
}

export interface TopicRead {
  readonly events: readonly SlottedEvent[];
  /** There is nothing else for these slots up to this position, and there never will be. */
  readonly upTo: number;
  /** Whether more is settled beyond `upTo`. */
  readonly more: boolean;
  /** What the store itself has to be told when the checkpoint moves. */
  readonly life: string;
  /** Rises whenever somebody changed something about the consumer by hand. */
  readonly version: number;
}

/** A move of a slot's checkpoint, under its lease. */
export interface CheckpointMove {
  readonly slot: number;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  /**
   * How often it was moved before. A move whose answer was lost counts, so that nothing goes on from what
   * was true before it.
   */
  readonly moves: number;
  /** What the read told that the move rests on; `undefined` when it rests on none. */
  readonly life: string | undefined;
}

export interface AdvanceWork<Tx> {
  readonly effects?: ((tx: Tx) => Promise<void>) | undefined;
  readonly changes?: (() => readonly SlotChange[]) | undefined;
}

/**
 * What a store does for one consumer. Any number of processes call it for the same one; what keeps them
 * apart are leases on slots, and that a checkpoint moves only under the lease that it was read under.
 */
export interface ConsumerStore<Tx> {
  /**
   * Registers the consumer at its start if it is new, and lets it have more slots, or other topics, if it
   * wants them. Passing trouble, also while the start is not settled.
   *
   * @throws ConsumerChangedError when it is registered with other topics and may not change them.
   * @throws ConsumerRenamedError, ConsumerStartError
   */
  open(): Promise<void>;

  /**
   * Finds a place, settled. Passing trouble while it is not. Reads go up to there without another look.
   *
   * @throws ConsumerStartError for a place that there is not.
   */
  place(place: StartPlace): Promise<SettledPlace>;

  /** Whether what was read in this life of the store still holds. */
  lives(life: string): Promise<boolean>;

  /**
   * Tells that a process is alive: renews its leases, takes the slots that it should have.
   *
   * @throws ConsumerRenamedError, ConsumerRemovedError
   */
  attend(attendance: Attendance): Promise<Standing>;

  /** Gives slots back before their leases run out; without a list all of them, and leaves. */
  release(process: string, slots?: readonly number[]): Promise<void>;

  /**
   * The next events after a position, by rising position, and none beyond what is settled, that is, none
   * before which another could still appear.
   *
   * @throws PositionSequenceBehindError
   */
  read(request: ReadRequest): Promise<TopicRead>;

  /**
   * Calls `wake` whenever something may have been committed to the topics, as far as this process can
   * tell at once, until the returned function is called. A hint: whoever relies on it looks by itself as well.
   */
  watch(wake: () => void): () => void;

  /** Looks at the topics now: everything up to the position is settled. */
  settled(): Promise<number>;

  /** The lowest checkpoint of all slots but these. */
  progress(except: readonly number[]): Promise<number>;

  /**
   * Moves a checkpoint; with `effects`, in one transaction with what they write, and with the `changes` that
   * are known afterwards.
   *
   * @returns false when the lease or the checkpoint is not what the move says, in which case nothing of it
   * is kept.
   */
  advance(move: CheckpointMove, work?: AdvanceWork<Tx>): Promise<boolean>;

  /** What is held in a slot, and what somebody wants tried again. */
  trouble(choice: SlotChoice): Promise<SlotTrouble>;

  /** The next events of one key, by rising position. All are settled. */
  readKey(read: KeyRead): Promise<readonly TopicEvent[]>;

  /** Notes that an event is about to be handled alone, since leases ran out before. */
  suspect(lease: Pick<CheckpointMove, "slot" | "epoch">, position: number): Promise<void>;

  /** Has a slot stand still until somebody resumes it, and says why. */
  pauseSlot(slot: number, because: string, failure: SlotFailure): Promise<void>;

  /** Whether an error is the database's passing trouble, after which the same call may succeed. */
  isTransient(error: unknown): boolean;
}
