import type { PublishedPlan } from "../define/published-plan.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { DroppedPartition, HeldPartition } from "../port/topic-store.ts";

interface MemoryPartition {
  readonly number: number;
  readonly events: TopicEvent[];
  closedAt: number | undefined;
}

type Checkpoints = readonly { readonly consumer: string; readonly position: number }[];

/** The partitions of a topic, the oldest first; the last one takes new events. */
export class MemoryPartitions {
  readonly #plan: PublishedPlan;
  readonly #all: MemoryPartition[] = [{ number: 1, events: [], closedAt: undefined }];

  constructor(plan: PublishedPlan) {
    this.#plan = plan;
  }

  add(event: TopicEvent): void {
    this.#all.at(-1)?.events.push(event);
  }

  /** Begins the next partition when this one has its age or its number of events. */
  closeIfDue(): boolean {
    const current = this.#all.at(-1) as MemoryPartition;
    const [first] = current.events;
    const { spanMs, events } = this.#plan.partitions;
    const now = Date.now();
    if (first === undefined) return false;
    if (now - first.recordedAt.getTime() < spanMs && current.events.length < events) return false;
    current.closedAt = now;
    this.#all.push({ number: current.number + 1, events: [], closedAt: undefined });
    return true;
  }

  /** Lets go of what retention does not keep, and says which events that were. */
  drop(pastConsumers: boolean, checkpoints: Checkpoints) {
    const dropped: DroppedPartition[] = [];
    const events = new Set<TopicEvent>();
    let held: HeldPartition | undefined;
    while (this.#isSuperfluous(this.#all[0] as MemoryPartition)) {
      const [oldest] = this.#all as [MemoryPartition];
      const lastPosition = oldest.events.at(-1)?.position ?? 0;
      const consumers = checkpoints
        .filter(({ position }) => position < lastPosition)
        .map(({ consumer }) => consumer);
      if (consumers.length > 0 && !pastConsumers) {
        held = { partition: oldest.number, consumers, isOpen: false };
        break;
      }
      this.#all.shift();
      for (const event of oldest.events) events.add(event);
      dropped.push({
        partition: oldest.number,
        firstPosition: oldest.events[0]?.position ?? 0,
        lastPosition,
        events: oldest.events.length,
        passedConsumers: consumers,
      });
    }
    return { dropped, held, events };
  }

  #isSuperfluous({ closedAt, events }: MemoryPartition): boolean {
    const { retention } = this.#plan;
    if (retention === undefined || closedAt === undefined) return false;
    const { ageMs, events: limit } = retention;
    if (ageMs !== undefined && closedAt < Date.now() - ageMs) return true;
    const total = this.#all.reduce((sum, partition) => sum + partition.events.length, 0);
    // The limit is what must stay, so the partition goes when the others alone come up to it.
    return limit !== undefined && total - events.length >= limit;
  }
}
