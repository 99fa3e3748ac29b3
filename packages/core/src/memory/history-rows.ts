import type {
  HistoryEvent,
  HistoryQuery,
  PastBound,
  PastEntity,
  StoredEntity,
  TreeEvent,
} from "../port/rows.ts";

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

/** The entity before the first event that lies beyond the bound. */
export const pastOf = (
  { id, version }: StoredEntity,
  events: readonly HistoryEvent[],
  bound: PastBound,
): PastEntity => {
  const isBeyond = ({ sequence, recordedAt }: HistoryEvent): boolean =>
    bound.kind === "version" ? sequence > bound.version : recordedAt > bound.at;
  const end = events.findIndex(isBeyond);
  return {
    id,
    version,
    events: events.slice(0, end === -1 ? events.length : end).map(({ body }) => body),
  };
};
