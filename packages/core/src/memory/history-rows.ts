import type { HistoryEvent, HistoryQuery, PastBound, TreeEvent } from "../port/rows.ts";

/** The stretch of an entity's events that the query asks for; `events` rise by sequence. */
export const historyOf = (
  events: readonly HistoryEvent[],
  { above, below, direction, limit }: HistoryQuery,
): readonly HistoryEvent[] => {
  const found = events.filter(({ sequence }) => sequence > above && sequence < below);
  return (direction === "asc" ? found : found.toReversed()).slice(0, limit);
};

/** The same for the events of a tree, by their positions, which they rise by. */
export const treeHistoryOf = (
  events: readonly TreeEvent[],
  { above, below, direction, limit }: HistoryQuery,
): readonly TreeEvent[] => {
  const found = events.filter(({ position }) => position > above && position < below);
  return (direction === "asc" ? found : found.toReversed()).slice(0, limit);
};

/**
 * The events of an entity and of what is below it before the first one that lies beyond the bound; `events`
 * rise by position.
 */
export const pastEvents = (
  rootId: string,
  events: readonly TreeEvent[],
  bound: PastBound,
): readonly TreeEvent[] => {
  const isBeyond = ({ id, sequence, position, recordedAt }: TreeEvent): boolean => {
    switch (bound.kind) {
      case "version":
        return id === rootId && sequence > bound.version;
      case "position":
        return position > bound.position;
      case "time":
        return recordedAt > bound.at;
    }
  };
  const end = events.findIndex(isBeyond);
  return end === -1 ? events : events.slice(0, end);
};
