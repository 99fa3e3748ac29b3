import { type LifecyclePlan, lastOfLifecycle } from "../define/lifecycle.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FoldedEvents, LoadedEvents } from "./loaded-events.ts";
import type { StoredEvent } from "./stored-event.ts";

/**
 * The events of one entity that are in memory, and at which versions they are.
 *
 * Versions count stored events. One that was loaded may have become several events, or none, so that what
 * follows the loaded ones stands `shift` places further in the list than its sequence says, or before that
 * where the loaded ones were folded and are not kept. What is decided here is stored one for one.
 */
export class EventList {
  readonly #events: object[];
  /** The stored form of the events that were decided here; the loaded ones have none. */
  readonly #stored: StoredEvent[] = [];
  readonly #loaded: number;
  /** How many more events there are than stored ones became them. */
  readonly #shift: number;
  readonly #sequences: readonly number[] | undefined;
  readonly #folded: FoldedEvents | undefined;
  #frozen: readonly object[] | undefined;

  constructor(loaded: LoadedEvents | undefined) {
    this.#events = loaded?.events ?? [];
    this.#loaded = loaded?.version ?? 0;
    this.#shift = this.#events.length - this.#loaded;
    this.#sequences = loaded?.sequences;
    this.#folded = loaded?.folded;
  }

  /** What it was made of, as long as nothing was added since: for another one like it. */
  get loaded(): Pick<LoadedEvents, "events" | "version" | "sequences"> {
    return { events: this.#events.slice(), version: this.#loaded, sequences: this.#sequences };
  }

  /** The version that all of them lead to. */
  get version(): number {
    return this.#events.length - this.#shift;
  }

  /** Whether the entity has had no event at all. */
  get isEmpty(): boolean {
    return this.#loaded + this.#events.length === 0;
  }

  /** Whether every event from the first one is here. */
  get isWhole(): boolean {
    return this.#folded === undefined;
  }

  /** All that are here, frozen. */
  get events(): readonly object[] {
    this.#frozen ??= Object.freeze(this.#events.map(deepFreeze));
    return this.#frozen;
  }

  /** Those after a version that was not loaded, or that many of them. */
  after(version: number, count?: number): readonly object[] {
    const first = version + this.#shift;
    return this.events.slice(first, count === undefined ? undefined : first + count);
  }

  /** The stored form of those after a version. */
  storedAfter(version: number): readonly StoredEvent[] {
    return this.#stored.slice(version - this.#loaded);
  }

  add(event: object, stored: StoredEvent): void {
    this.#events.push(event);
    this.#stored.push(stored);
    this.#frozen = undefined;
  }

  /** Forgets those that were decided after a version. */
  cutAfter(version: number): void {
    this.#events.length = version + this.#shift;
    this.#stored.length = version - this.#loaded;
    this.#frozen = undefined;
  }

  /** The sequence of the stored event that deletes the entity; `undefined` where it is not deleted. */
  deletedBy(lifecycle: LifecyclePlan | undefined): number | undefined {
    return this.#deletedByOneOf(this.#events, lifecycle);
  }

  /** Whether the entity was deleted at a version. */
  wasDeletedAt(version: number, lifecycle: LifecyclePlan | undefined): boolean {
    const until = Math.max(version + this.#shift, 0);
    return this.#deletedByOneOf(this.#events.slice(0, until), lifecycle) !== undefined;
  }

  #deletedByOneOf(
    events: readonly object[],
    lifecycle: LifecyclePlan | undefined,
  ): number | undefined {
    const typed = events as readonly { readonly type: string }[];
    const at = lastOfLifecycle(lifecycle, typed);
    if (at < 0) return this.#folded?.deletedBy;
    return typed[at]?.type === lifecycle?.deleteEvent ? this.#sequenceAt(at) : undefined;
  }

  #sequenceAt(index: number): number {
    return this.#sequences?.[index] ?? index - this.#shift + 1;
  }
}
