import type { AnyTopic, TopicEventOf } from "../define/any-topic.ts";
import type { EventOfType } from "../define/definition-types.ts";
import type { Answer } from "./answer.ts";
import type { EventMeta } from "./event-meta.ts";

/** Nothing, when the event is handled, or another answer. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing returns void
export type HandlerResult = void | Answer | Promise<void | Answer>;

/** A handler for each event type that the consumer cares for; the others are not even read. */
export type Handlers<Topic extends AnyTopic, Tx> = {
  readonly [Type in keyof Topic["events"] & string]?: (
    event: EventOfType<Topic["events"], Type>,
    meta: EventMeta<Topic, Tx>,
  ) => HandlerResult;
};

/** The topics of a consumer, at least one. */
export type Topics = readonly [AnyTopic, ...AnyTopic[]];

/** Handlers by event type; with several topics, by topic and event type. */
export type TopicHandlers<Followed extends Topics, Tx> = Followed extends readonly [
  infer Only extends AnyTopic,
]
  ? Handlers<Only, Tx>
  : { readonly [Topic in Followed[number] as Topic["name"]]?: Handlers<Topic, Tx> };

/** The events of any of the topics, as one discriminated union. */
export type FollowedEvent<Topic extends AnyTopic> = Topic extends AnyTopic
  ? TopicEventOf<Topic>
  : never;

/** Any event of the topics; `topic` tells which one it is of. */
export type DeliveredEvent<Topic extends AnyTopic, Tx> = Topic extends AnyTopic
  ? {
      readonly topic: Topic["name"];
      readonly event: TopicEventOf<Topic>;
      readonly meta: EventMeta<Topic, Tx>;
    }
  : never;

/** What a handler of batches gets beside the events. */
export interface BatchMeta<Tx> {
  /** 1 for the first time these events are handed over; higher when they are repeated. */
  readonly attempt: number;
  /** What is written through it commits together with the checkpoint, or not at all. */
  readonly tx: Tx;
  /** Aborted when the consumer is asked to stop. */
  readonly signal: AbortSignal;
}

export interface BatchHandling<Followed extends Topics, Tx> {
  /** How many events a batch has at most. Default is 500. */
  readonly size?: number;
  /** How long a batch that is not full waits for more, in milliseconds. Default is 0. */
  readonly waitMs?: number;
  /** Handles events in the order of their positions, all of them or, by throwing, none. */
  readonly handle: (
    events: readonly DeliveredEvent<Followed[number], Tx>[],
    meta: BatchMeta<Tx>,
  ) => HandlerResult;
}

/** What handles the events: one of the three. */
export type Handling<Followed extends Topics, Tx> =
  | {
      /** A handler for each event type; with several topics, `on: { user: { … }, order: { … } }`. */
      readonly on: TopicHandlers<Followed, Tx>;
      readonly onEvent?: never;
      readonly batch?: never;
    }
  | {
      /** One handler for all events of all topics. */
      readonly onEvent: (
        event: FollowedEvent<Followed[number]>,
        meta: EventMeta<Followed[number], Tx>,
      ) => HandlerResult;
      readonly on?: never;
      readonly batch?: never;
    }
  | {
      /** A handler for many events at a time. */
      readonly batch: BatchHandling<Followed, Tx>;
      readonly on?: never;
      readonly onEvent?: never;
    };
