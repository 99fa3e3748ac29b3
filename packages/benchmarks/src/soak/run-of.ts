/** One event as a handler gets it: whose it is, which one of that entity's, and the number that it carries. */
export interface SoakEvent {
  readonly id: string;
  readonly sequence: number;
  readonly number: number;
}

/** What a batch has of one entity. */
export interface Run {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  readonly events: number;
  /** How many events did not follow the one before. */
  readonly breaks: number;
  /** The sum of the numbers that the events carry. */
  readonly checksum: number;
}

/** The events of a batch by entity, in the order in which they came. */
export const runsOf = (events: readonly SoakEvent[]): readonly Run[] => {
  const runs = new Map<string, Run>();
  for (const { id, sequence, number } of events) {
    const before = runs.get(id);
    runs.set(id, {
      id,
      first: before?.first ?? sequence,
      last: sequence,
      events: (before?.events ?? 0) + 1,
      breaks: (before?.breaks ?? 0) + (before && sequence !== before.last + 1 ? 1 : 0),
      checksum: (before?.checksum ?? 0) + number,
    });
  }
  return [...runs.values()];
};
