import type { EntityPlan } from "../define/entity-plan.ts";
import type { KnownEntities, StoredEntity, TopicEvent } from "../port/rows.ts";
import type { EntityStore, Join, Visibility } from "../port/store.ts";
import { uniqueKey } from "../port/unique-key.ts";
import { latestDeletedFirst, seenRows } from "./deleted-rows.ts";
import { historyOf, pastEvents, treeHistoryOf } from "./history-rows.ts";
import { knownRows } from "./known-rows.ts";
import { listRows, matchingRows } from "./list-rows.ts";
import { changesOf } from "./memory-join.ts";
import type { MemoryLog } from "./memory-log.ts";
import type { MemoryRows } from "./memory-rows.ts";
import { withSnapshot } from "./memory-snapshots.ts";
import type { MemoryRow, MemoryTransaction } from "./memory-transaction.ts";
import { eventsOfMembers, membersOf, pastTree, withChildren } from "./memory-trees.ts";

/** What there is to read. */
interface Kept {
  readonly rows: MemoryRows;
  readonly log: MemoryLog;
  readonly isForgotten: (subject: string) => boolean;
}

type MemoryReads = Pick<
  EntityStore<MemoryTransaction>,
  "load" | "find" | "loadPast" | "history" | "treeHistory" | "count" | "list"
>;

/** The reading half of an entity's store. */
export const memoryReads = (plan: EntityPlan, { rows, log, isForgotten }: Kept): MemoryReads => {
  const rowsFor = (join: Join<MemoryTransaction>) => {
    const changes = changesOf(join);
    return (of: EntityPlan) => rows.visible(of, changes);
  };

  const seenIn = (
    join: Join<MemoryTransaction>,
    seen: Visibility | undefined,
  ): readonly MemoryRow[] => seenRows(plan, [...rowsFor(join)(plan).values()], seen);

  const seenRow = (
    id: string,
    join: Join<MemoryTransaction>,
    seen: Visibility | undefined,
  ): MemoryRow | undefined => {
    const row = rowsFor(join)(plan).get(id);
    return row && seenRows(plan, [row], seen)[0];
  };

  const eventsOf = (id: string, join: Join<MemoryTransaction>): readonly TopicEvent[] => {
    const own = changesOf(join)
      ?.writes.filter((write) => write.plan === plan)
      .flatMap(({ events }) => events);
    return [...log.events, ...(own ?? [])].filter(
      (event) => event?.topic === plan.name && event.id === id,
    ) as TopicEvent[];
  };

  const treeEvents = (
    id: string,
    join: Join<MemoryTransaction>,
    seen: Visibility | undefined,
  ): readonly TopicEvent[] => {
    const members = membersOf(plan, id, rowsFor(join), seen);
    return eventsOfMembers(members, log.events, changesOf(join)?.writes ?? []);
  };

  const trees = <Row extends StoredEntity>(
    found: readonly Row[],
    join: Join<MemoryTransaction>,
    seen: Visibility | undefined,
    known: KnownEntities | undefined,
  ): readonly Row[] => {
    if (plan.children.length === 0 && known !== undefined && changesOf(join) === undefined) {
      const whole = found.map((row) => withSnapshot(row, { history: true }));
      return knownRows(whole, known, isForgotten);
    }
    return found.map((row) => withChildren(plan, row, rowsFor(join), seen));
  };

  return {
    load: async (ids, join, seen, known) => {
      const visible = rowsFor(join)(plan);
      const found = ids.flatMap((id) => visible.get(id) ?? []);
      return trees(seenRows(plan, found, seen), join, seen, known);
    },
    find: async (constraint, values, join, seen, known) => {
      const unique = plan.uniques.find((candidate) => candidate.constraint === constraint);
      const wanted = JSON.stringify(values);
      const found = seenIn(join, seen).filter(
        ({ columns }) => unique && uniqueKey(plan, unique, columns) === wanted,
      );
      const [first] = found.sort(latestDeletedFirst);
      return first && trees([first], join, seen, known)[0];
    },
    loadPast: async (id, bound, join, seen) => {
      const row = seenRow(id, join, seen);
      if (row === undefined) return undefined;
      const events = pastEvents(id, treeEvents(id, join, seen), bound);
      return pastTree(plan, row, events, rowsFor(join), seen);
    },
    history: async (id, query, join, seen) =>
      seenRow(id, join, seen) && historyOf(eventsOf(id, join), query),
    treeHistory: async (id, query, join, seen) =>
      seenRow(id, join, seen) && treeHistoryOf(treeEvents(id, join, seen), query),
    count: async (where, limit, join, seen) => {
      const found = matchingRows(plan, seenIn(join, seen), where);
      return Math.min(found.length, limit ?? Number.POSITIVE_INFINITY);
    },
    list: async (query, join, seen, known) =>
      trees(listRows(plan, seenIn(join, seen), query), join, seen, known),
  };
};
