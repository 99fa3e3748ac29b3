import type { EventId } from "./driver.ts";

/** How an append ended, as its caller was told; "unknown" when the connection broke. */
export type AppendOutcome = "committed" | "refused" | "rolledBack" | "unknown";

export interface Append {
  readonly stream: string;
  /** The last event that the caller knew of; `undefined` for a stream without any. */
  readonly after: EventId | undefined;
  readonly ids: readonly EventId[];
  outcome: AppendOutcome;
}

/** What writers did, as they saw it. */
export class History {
  readonly appends: Append[] = [];
  #lastId = 0;

  newIds(count: number): readonly EventId[] {
    return Array.from({ length: count }, () => {
      this.#lastId += 1;
      return this.#lastId;
    });
  }

  /** Notes an append that is about to be made. */
  begin(stream: string, seen: readonly EventId[], ids: readonly EventId[]): Append {
    const append: Append = { stream, after: seen.at(-1), ids, outcome: "unknown" };
    this.appends.push(append);
    return append;
  }

  /** The streams that any append was meant for. */
  get streams(): ReadonlySet<string> {
    return new Set(this.appends.map(({ stream }) => stream));
  }
}
