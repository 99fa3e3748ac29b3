import type { AnyTopic, TopicModel } from "./any-topic.ts";
import type { EventShapes, EventUnion } from "./definition-types.ts";
import type { model } from "./entity-definition.ts";
import type { ErasureMethod, SubjectOptions } from "./erasure.ts";
import type { CheckRetired, CheckVersions, VersionLists } from "./event-versions-type.ts";
import type { PublishedPlan } from "./published-plan.ts";
import type { Span } from "./span.ts";

/** A defined topic of its own: immutable, and free of any connection. */
export interface TopicDefinition<Name extends string, Events extends EventShapes> extends AnyTopic {
  readonly name: Name;
  readonly events: Events;
  readonly plan: PublishedPlan;
  readonly [model]: PublishedModel;
}

/** Any topic of its own, for parameters that accept all of them. */
export type AnyPublishedTopic = TopicDefinition<string, EventShapes>;

/** The engine behind a topic of its own. */
export interface PublishedModel extends TopicModel {
  readonly plan: PublishedPlan;
  /** The key of an event that its publisher gives none; `undefined` when the definition says nothing. */
  readonly keyOf: ((event: never) => unknown) | undefined;
}

/** What a topic says about its personal fields. */
export interface TopicErasure<Events extends EventShapes> {
  /** How they are kept. Storage format of what is published from now on; both stay readable. */
  readonly method: ErasureMethod;
  /** The event that is published when a subject is forgotten. Default is none. */
  readonly event?: keyof Events & string;
  readonly subject: SubjectOptions<FieldsOf<EventUnion<Events>>>;
  /** Names of headers that are personal as well: sealed like the fields, and gone for those who were forgotten. */
  readonly headers?: readonly string[];
}

type FieldsOf<Event> = Event extends unknown ? Exclude<keyof Event, "type"> & string : never;

/** Everything a user writes to define a topic of its own. */
export interface TopicLiteral<
  Name extends string,
  Events extends EventShapes,
  Versions extends VersionLists = VersionLists,
  Retired extends VersionLists = VersionLists,
> {
  /**
   * The topic's name, for example `orderFeed`; the events are in the table `order_feed_events`. No
   * entity may have the same name. Storage format: never change it.
   */
  readonly name: Name;
  /**
   * The event union: the stored event type to the payload's schema, in its newest version. Storage format.
   */
  readonly events: Events;
  /**
   * Versions of these events that are stored, but not published any more, the oldest first: what `events` has
   * is the one that follows them. Not of events with binary data.
   */
  readonly versions?: Versions & CheckVersions<Versions, NoInfer<Events>>;
  /** Old names of events to their new ones. The versions of both are the same. */
  readonly renamed?: { readonly [oldName: string]: keyof NoInfer<Events> & string };
  /** Names of events that are stored, but not published any more, with every version that they had. */
  readonly retired?: Retired & CheckRetired<Retired, NoInfer<Events>>;
  /**
   * What an event is about: events of one key keep their order. A publisher may give another. Without
   * either, an event has no order with others. Pure.
   */
  readonly key?: (event: EventUnion<NoInfer<Events>>) => string;
  /** When a partition is closed and the next one begins. Default is after a day or a million events. */
  readonly partitions?: { readonly span?: Span; readonly events?: number };
  /**
   * What is kept: partitions that are wholly older, or beyond these numbers, are dropped by
   * `maintain()`, the oldest first, unless a consumer still needs them. Default is everything, for ever.
   */
  readonly retention?: {
    readonly age?: Span;
    readonly events?: number;
    /** The size on disk, indexes included, in bytes. */
    readonly bytes?: number;
  };
  /**
   * Keeps the latest event of every key, readable as the view `order_feed_latest`, also when retention
   * has dropped it from the topic. Default is not.
   */
  readonly compaction?:
    | boolean
    | {
        /** Event types after which a key has no latest event any more. */
        readonly deletedBy: readonly (keyof NoInfer<Events> & string)[];
      };
  /** How long a deduplication key is remembered. Default is a day. */
  readonly deduplication?: Span;
  /**
   * How what is marked with `personal()` is kept and forgotten. The subject is named by a field of the events; where
   * an event is declared, it is published when a subject is forgotten, with that field alone.
   */
  readonly erasure?: TopicErasure<NoInfer<Events>>;
}
