import type { TopicEvent } from "../port/rows.ts";

/** The events of all topics. An event's position is its place, counted from 1; what is gone leaves a hole. */
export class MemoryLog {
  readonly events: (TopicEvent | undefined)[] = [];

  /** Gives an event its position and puts it at the end. */
  append(event: TopicEvent): TopicEvent {
    const stored = { ...event, position: this.events.length + 1 };
    this.events.push(stored);
    return stored;
  }

  remove({ position }: TopicEvent): void {
    this.events[position - 1] = undefined;
  }
}
