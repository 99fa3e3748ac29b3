import type { TopicPlan } from "../define/topic-plan.ts";
import type { ConsumerHealth } from "./consumer-health.ts";
import type { StartPlace } from "./consumer-store.ts";
import type { DeadLetterStatus } from "./dead-letters.ts";

/** An event that a consumer could not handle, and what became of it. */
export interface DeadLetter {
  readonly consumer: string;
  readonly topic: string;
  /** The entity's id, or the key. */
  readonly key: string;
  readonly sequence: number;
  /** With the consumer's name, what identifies the letter. */
  readonly position: number;
  readonly eventType: string;
  readonly status: DeadLetterStatus;
  /** How often it has been tried. */
  readonly attempts: number;
  readonly error: {
    readonly class: string;
    readonly code: string | null;
    readonly message: string;
  } | null;
  readonly firstFailedAt: Date;
  readonly lastFailedAt: Date;
  /** When it is tried again, for `retrying`. */
  readonly retryAt: Date | null;
  /** Why it was discarded. */
  readonly reason: string | null;
}

export interface DeadLetterFilter {
  readonly consumer: string;
  /** Default is those about which something is still to happen or to be decided. */
  readonly status?: readonly DeadLetterStatus[] | undefined;
  readonly positions?: readonly number[] | undefined;
  readonly keys?: readonly string[] | undefined;
}

export interface DeadLetterList extends DeadLetterFilter {
  /** How many at most. Default is 100. */
  readonly first?: number | undefined;
  /** Only those after this position. */
  readonly after?: number | undefined;
}

/** A consumer as it is registered, and how far it has come. */
export interface ConsumerState {
  readonly name: string;
  readonly topics: readonly string[];
  /** Why it is paused; `null` when it is not. */
  readonly pausedBecause: string | null;
  /** How many keys wait for a dead letter. */
  readonly heldKeys: number;
  /** How many dead letters wait for somebody's decision. */
  readonly deadLetters: number;
  /** How many events wait for a process that knows their type, and their version. */
  readonly waitingEvents: number;
  readonly slots: readonly SlotState[];
  readonly processes: readonly ProcessState[];
}

/** A process that takes part in a consumer. */
export interface ProcessState {
  readonly process: string;
  /** Why it stands back for others; `null` when it works. */
  readonly waitsBecause: string | null;
}

export interface SlotState {
  readonly slot: number;
  /** The checkpoint: everything of the slot's keys up to here is handled, or held. */
  readonly position: number;
  /** The run that has it; `null` when nobody has. */
  readonly owner: string | null;
  readonly pausedBecause: string | null;
}

/** Up to where something is handled: everything up to a position, or one entity up to a version. */
export type HandledPlace =
  | { readonly kind: "position"; readonly position: number }
  | {
      readonly kind: "entity";
      readonly plan: TopicPlan;
      readonly id: string;
      readonly version: number;
    };

/** What operators see and decide about consumers. */
export interface ConsumerAdmin {
  /** All consumers, by name. */
  list(): Promise<readonly ConsumerState[]>;

  /**
   * How consumers stand: all of them, or one. Looks at a bounded number of events, and estimates how many
   * more wait.
   */
  health(consumer?: string): Promise<readonly ConsumerHealth[]>;

  /**
   * Whether a consumer has handled everything up to a place; `undefined` when there is no such consumer, or
   * it follows no such topic.
   */
  hasReached(consumer: string, place: HandledPlace): Promise<boolean | undefined>;

  /** Calls `moved` when the consumer's checkpoint moves in this process, until the returned function is called. */
  watchProgress(consumer: string, moved: () => void): () => void;

  /** Has a consumer stand still, everywhere, after the batches in hand. Says whether there is one. */
  pause(consumer: string, because: string): Promise<boolean>;

  /** Lets a consumer and all of its slots go on. Says whether there is one. */
  resume(consumer: string): Promise<boolean>;

  /**
   * Sets all checkpoints of a consumer to a position, or to a place: `"beginning"` handles everything
   * again. What is in hand anywhere is rolled back; open dead letters are discarded, and what they held goes
   * on from the position. Says whether there is such a consumer.
   *
   * @throws ConsumerStartError for a place that there is not.
   */
  reset(consumer: string, to: number | StartPlace): Promise<boolean>;

  /** Spreads a consumer over another number of slots, fewer too, once the present ones are at one place. */
  resize(consumer: string, slots: number): Promise<boolean>;

  /**
   * Gives a consumer another name, with all that is kept of it. Processes that still use the old one end
   * with a ConsumerRenamedError. Says whether there is such a consumer.
   *
   * @throws ConsumerStartError when the name is taken.
   */
  rename(consumer: string, name: string): Promise<boolean>;

  /**
   * Forgets a consumer, with all that is kept of it. Processes that run it end with a ConsumerRemovedError.
   */
  remove(consumer: string): Promise<boolean>;

  /** Dead letters by rising position. */
  deadLetters(list: DeadLetterList): Promise<readonly DeadLetter[]>;

  /**
   * Has dead letters tried again, each ahead of what waits behind it. Says how many.
   *
   * One that fails again is dead at once.
   */
  redrive(filter: DeadLetterFilter): Promise<number>;

  /** Passes over dead letters for good, and lets what waits behind them go on. Says how many. */
  discard(filter: DeadLetterFilter & { readonly reason: string }): Promise<number>;
}
