import type { TopicEvent } from "../port/rows.ts";

/** The events of all topics. An event's position is its place, counted from 1; what is gone leaves a hole. */
export class MemoryLog {
  readonly events: (TopicEvent | undefined)[] = [];
  readonly #watches = new Set<(topic: string) => void>();

  /** Gives an event its position and puts it at the end. */
  append(event: TopicEvent): TopicEvent {
    const stored = { ...event, position: this.events.length + 1 };
    this.events.push(stored);
    for (const tell of this.#watches) tell(stored.topic);
    return stored;
  }

  /** Calls `tell` with the topic of every event that is appended, until the returned function is called. */
  watch(tell: (topic: string) => void): () => void {
    this.#watches.add(tell);
    return () => this.#watches.delete(tell);
  }

  remove({ position }: TopicEvent): void {
    this.events[position - 1] = undefined;
  }
}
