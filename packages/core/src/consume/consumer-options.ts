import type { AnyEntity, IsScoped, ScopeOf } from "../define/entity-definition.ts";
import type { Clock } from "../port/clock.ts";
import type { StartPlace } from "../port/consumer-store.ts";
import type { ContextScope } from "../port/context.ts";
import type { Instrument } from "../port/instrument.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { FollowedEvent, Handling, Topics } from "./handler.ts";

/**
 * `exactly-once`: handlers run in the transaction that moves the checkpoint, and get it as `tx`.
 * `at-least-once`: no transaction is open while they run, and the checkpoint moves afterwards.
 */
export type Delivery = "exactly-once" | "at-least-once";

/**
 * What becomes of an event when its attempts are used up. `hold`: it is a dead letter, and the later events
 * of its entity or key wait for what somebody decides; all others go on. `skip`: it is a dead letter, and
 * its key goes on. `pause`: its slot stands still until it is resumed. `stop`: the run ends with the error.
 */
export type FailurePolicy = "hold" | "skip" | "pause" | "stop";

export interface RetryDelays {
  /** How often an event is tried, the first time included. Default is 8. */
  readonly attempts?: number;
  /** The wait after the first failure, in milliseconds; it doubles, give or take a quarter. Default is 250. */
  readonly firstMs?: number;
  /** The longest wait, in milliseconds. Default is 60,000. */
  readonly maxMs?: number;
}

/** The transaction that handlers get. */
export type HandlerTx<Mode extends Delivery, Tx> = Mode extends "at-least-once" ? undefined : Tx;

/** The scope that events can be chosen by: that of the followed entities. */
type FollowedScope<Topic> = Topic extends AnyEntity
  ? IsScoped<Topic> extends true
    ? ScopeOf<Topic>
    : never
  : never;

export interface ConsumerSettings<Followed extends Topics, Mode extends Delivery> {
  /** The consumer's name, under which its checkpoints are kept. */
  readonly name: string;
  /** The entities, or topics of their own, whose events it follows. All in one order. */
  readonly topics: Followed;
  /**
   * Where it starts when it is new; afterwards this says nothing, and `consumers(db).reset` does. From
   * `"now"` and from a time, it waits until transactions that have appended already have ended, so that
   * none of their events is passed over by accident. Default is `"beginning"`.
   */
  readonly start?: StartPlace;
  /**
   * What happens when it is registered with other topics. `refuse`: a ConsumerChangedError.
   * `from-checkpoint`: an added topic is followed from where the consumer stands, its earlier events are not
   * handled; of one that is left out nothing is handled any more. Processes with the former topics stand
   * back. Default is `"refuse"`.
   */
  readonly changedTopics?: "refuse" | "from-checkpoint";
  /**
   * Whether handlers write through `tx`, exactly once, or have effects elsewhere, at least once. Default is
   * `"exactly-once"`.
   */
  readonly delivery?: Mode;
  /** Reads only some of the events; the others are passed over. */
  readonly only?: {
    /** Event types. For `onEvent` and `batch`; `on` says it by what has a handler. */
    readonly types?: readonly FollowedEvent<Followed[number]>["type"][];
    /** Ids of entities, or keys. */
    readonly keys?: readonly string[];
    /** One scope, where all topics are entities divided by the same columns. Default is every scope. */
    readonly scope?: FollowedScope<Followed[number]>;
  };
  /**
   * Over how many slots the work is spread, from 1 to 1,024. Events of one entity or key always go to one
   * slot, and keep their order; slots are handled side by side, by any number of processes. A higher number
   * than before takes effect once the old slots have come to a common position; a lower one has none.
   * Default is 1.
   */
  readonly slots?: number;
  /** What becomes of an event that its handler fails on for good. Default is `"hold"`. */
  readonly onFailure?: FailurePolicy;
  /** How an event is tried again before that. Meanwhile its key's later events wait, and others go on. */
  readonly retry?: RetryDelays;
  /**
   * How many keys of one slot may wait at a time. With more, the slot waits too: something is wrong that is
   * no matter of single events. Default is 1,000.
   */
  readonly maxHeldKeys?: number;
  /**
   * How long one call of a handler may take, in milliseconds; with `batch`, the whole batch. Then its signal is
   * aborted and the attempt has failed: what it wrote through `tx` is rolled back, and `tx` takes nothing
   * more. Default is no bound.
   */
  readonly timeoutMs?: number;
  /** How many events one transaction, or one move of the checkpoint, has at most. Default is 100. */
  readonly batchSize?: number;
  /** The longest wait between two looks for new events, in milliseconds. Default is 200. */
  readonly pollIntervalMs?: number;
  /**
   * How long a slot stays with a process that no longer tells that it is alive, in milliseconds: the time
   * that others need to take over after a crash. Default is 10,000.
   */
  readonly leaseMs?: number;
  /**
   * How long a consumer that is told to stop waits for the batch in hand before it gives it up, in
   * milliseconds. Default is 10,000.
   */
  readonly stopTimeoutMs?: number;
  /** What polls and pauses after failures wait for. Default is the process's clock. */
  readonly clock?: Clock;
  /**
   * The context that handlers run in, as the repositories have it: events that a handler stores say by
   * their `causationId` which event caused them, and inherit its `correlationId`. Within a batch, the
   * last of its events is the cause. Default is none.
   */
  readonly context?: ContextScope;
  /**
   * What watches every handler, for example `openTelemetry()`; a batch is seen as its last event. Default
   * is nothing.
   */
  readonly instrument?: Instrument;
  /** Who holds the keys of personal values, where a topic has any. */
  readonly keys?: KeyProvider;
}

export type ConsumerOptions<
  Followed extends Topics,
  Tx,
  Mode extends Delivery = "exactly-once",
> = ConsumerSettings<Followed, Mode> & Handling<Followed, HandlerTx<Mode, Tx>>;
