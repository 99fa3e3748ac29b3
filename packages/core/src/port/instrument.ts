import type { TopicEvent } from "./rows.ts";

/** A call of a repository, of a topic of its own, or of maintenance, by words that are few: nothing of its arguments. */
export interface Operation {
  /** The method's name, for example `findByEmail`. */
  readonly name: string;
  /** The entity's name, or the topic's. */
  readonly entity: string;
  /** The index table; of a topic of its own, the events table. */
  readonly table: string;
}

/** Watches what repositories, topics and consumers do. It must pass on what the work returns and throws. */
export interface Instrument {
  /** Prepares for one method of a repository or topic, once; what it returns surrounds every call of it. */
  operation(operation: Operation): <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Prepares for a consumer, once; what it returns surrounds the handler of every event. */
  handler(consumer: string): (event: TopicEvent, work: () => unknown) => Promise<unknown>;
  /** Called within an operation, with how many events of one entity it is about to store. */
  writes(events: number): void;
  /** The trace to store with events, as the W3C's Trace Context writes it; `undefined` for none. */
  traceparent(): string | undefined;
}
