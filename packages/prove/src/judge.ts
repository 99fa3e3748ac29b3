import type { Delivered, EventId } from "./driver.ts";
import type { Append } from "./history.ts";

/** The flaws that a store can have, by how many events they befell. */
export interface Verdict {
  /** Events that are in the store at the end. */
  readonly committed: number;
  readonly delivered: number;
  /** Committed, never delivered. */
  readonly lost: number;
  /** Delivered again, though the checkpoint had moved with the first time. */
  readonly doubled: number;
  /** Delivered after a later event of the same stream. */
  readonly inverted: number;
  /** Delivered or stored, though its append was refused, rolled back or never made. */
  readonly invented: number;
  /** Appended to a stream that was no longer what the writer had decided on. */
  readonly lostUpdates: number;
  /** Acknowledged to the writer, and not in the store. */
  readonly forgotten: number;
}

export interface RecordedHistory {
  readonly appends: readonly Append[];
  /** What each stream holds at the end, in its order. */
  readonly stored: ReadonlyMap<string, readonly EventId[]>;
  /** In the order of delivery. */
  readonly deliveries: readonly Delivered[];
}

export const FLAWLESS = {
  lost: 0,
  doubled: 0,
  inverted: 0,
  invented: 0,
  lostUpdates: 0,
  forgotten: 0,
} as const satisfies Partial<Verdict>;

export const isFlawless = (verdict: Verdict): boolean =>
  Object.keys(FLAWLESS).every((flaw) => verdict[flaw as keyof Verdict] === 0);

/** Decides from what writers were told, what is stored and what was delivered. Pure. */
export const judge = ({ appends, stored, deliveries }: RecordedHistory): Verdict => {
  const places = placesOf(stored);
  const distinct = new Set(deliveries.map(({ id }) => id));
  const count = (ids: Iterable<EventId>, is: (id: EventId) => boolean): number => {
    let sum = 0;
    for (const id of ids) if (is(id)) sum += 1;
    return sum;
  };
  return {
    committed: places.size,
    delivered: distinct.size,
    lost: count(places.keys(), (id) => !distinct.has(id)),
    doubled: deliveries.length - distinct.size,
    inverted: inversions(deliveries, places),
    invented: count(distinct, (id) => !places.has(id)) + storedForNothing(appends, places),
    lostUpdates: appends.filter((append) => isLostUpdate(append, stored, places)).length,
    forgotten: appends
      .filter(({ outcome }) => outcome === "committed")
      .reduce((sum, { ids }) => sum + count(ids, (id) => !places.has(id)), 0),
  };
};

interface Place {
  readonly stream: string;
  readonly at: number;
}

const placesOf = (stored: RecordedHistory["stored"]): ReadonlyMap<EventId, Place> => {
  const places = new Map<EventId, Place>();
  for (const [stream, ids] of stored)
    for (const [at, id] of ids.entries()) places.set(id, { stream, at });
  return places;
};

/** An event that comes again does not count here: it is doubled. */
const inversions = (
  deliveries: readonly Delivered[],
  places: ReadonlyMap<EventId, Place>,
): number => {
  const furthest = new Map<string, number>();
  const seen = new Set<EventId>();
  let sum = 0;
  for (const { id } of deliveries) {
    const place = places.get(id);
    if (place === undefined || seen.has(id)) continue;
    seen.add(id);
    const before = furthest.get(place.stream) ?? -1;
    if (place.at < before) sum += 1;
    else furthest.set(place.stream, place.at);
  }
  return sum;
};

const storedForNothing = (
  appends: readonly Append[],
  places: ReadonlyMap<EventId, Place>,
): number => {
  const appended = new Map(appends.flatMap(({ ids, outcome }) => ids.map((id) => [id, outcome])));
  let sum = 0;
  for (const id of places.keys()) {
    const outcome = appended.get(id);
    if (outcome !== "committed" && outcome !== "unknown") sum += 1;
  }
  return sum;
};

/** What is stored of one append must follow, in one piece, on what its writer knew. */
const isLostUpdate = (
  { stream, after, ids }: Append,
  stored: RecordedHistory["stored"],
  places: ReadonlyMap<EventId, Place>,
): boolean => {
  const first = ids.map((id) => places.get(id)).find((place) => place !== undefined);
  if (first === undefined) return false;
  const list = stored.get(stream) ?? [];
  const from = after === undefined ? 0 : list.lastIndexOf(after) + 1;
  return first.stream !== stream || ids.some((id, nth) => list[from + nth] !== id);
};
