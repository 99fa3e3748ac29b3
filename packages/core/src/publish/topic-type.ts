import type { TopicEventOf } from "../define/any-topic.ts";
import type { AnyPublishedTopic } from "../define/topic-definition.ts";
import type { EventHeaders } from "../port/rows.ts";
import type { MaintainOptions, Maintenance, PublishResult } from "../port/topic-store.ts";
import type { CallOptions } from "../repository/call-options.ts";

/** What goes with an event that is published. */
export interface PublicationOptions {
  /** What keeps its order: 1 to 500 characters. Default is what the definition's `key` says. */
  readonly key?: string;
  /** Texts for readers, for example a content type. Not for what an event says. */
  readonly headers?: EventHeaders;
  /**
   * Publishes the event once: a second one with this key does nothing, within the window that the
   * definition names. 1 to 500 characters.
   */
  readonly deduplicationKey?: string;
}

/** An event with what goes with it. */
export interface EventPublication<Definition extends AnyPublishedTopic> extends PublicationOptions {
  readonly event: TopicEventOf<Definition>;
}

/** The latest event of a key. */
export interface LatestEvent<Definition extends AnyPublishedTopic> {
  readonly event: TopicEventOf<Definition>;
  readonly key: string;
  readonly headers: EventHeaders;
  readonly position: number;
  readonly recordedAt: Date;
}

/** A topic of its own that can be published to. */
export interface Topic<Definition extends AnyPublishedTopic, Tx> {
  /**
   * Publishes one event in one statement, in the transaction that is given: it is there for readers when
   * that commits, and never if it does not.
   *
   * @throws InvalidEventError when the event does not fit its schema, InvalidArgumentError for a key or
   * headers that cannot be stored, TransactionNotJoinedError, LockTimeoutError, DatabaseError,
   * OutcomeUnknownError.
   */
  publish(
    event: TopicEventOf<Definition>,
    options?: PublicationOptions & CallOptions<Tx>,
  ): Promise<PublishResult>;

  /**
   * Publishes any number of events in one statement, all or none; readers get them in this order.
   *
   * @throws as `publish` does
   */
  publishAll(
    publications: readonly EventPublication<Definition>[],
    options?: CallOptions<Tx>,
  ): Promise<PublishResult>;

  /**
   * The latest event of a key, of a topic with compaction; `undefined` when there is none, or when an
   * event deleted the key.
   *
   * @throws StoredEventError, DatabaseError
   */
  latest(key: string, options?: CallOptions<Tx>): Promise<LatestEvent<Definition> | undefined>;

  /**
   * Closes the partition that is due, drops what retention says, and forgets deduplication keys whose
   * window is over. Call it regularly, from as many processes as you like. Never holds publishers up;
   * what it cannot finish, the next call does.
   *
   * @throws DatabaseError
   */
  maintain(options?: MaintainOptions): Promise<Maintenance>;
}
