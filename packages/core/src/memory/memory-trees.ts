import type { ChildPlan, EntityPlan } from "../define/entity-plan.ts";
import type {
  PastEntity,
  StoredChildren,
  StoredEntity,
  TopicEvent,
  TouchResult,
  TreeEvent,
  TreeRevision,
} from "../port/rows.ts";
import type { Visibility } from "../port/store.ts";
import { compareText } from "./column-order.ts";
import { seenRows } from "./deleted-rows.ts";
import { matchingRows } from "./list-rows.ts";
import { withSnapshot } from "./memory-snapshots.ts";
import type { MemoryRow, MemoryWrite } from "./memory-transaction.ts";

/** All rows of a definition, as a read sees them. */
export type RowsOf = (plan: EntityPlan) => ReadonlyMap<string, MemoryRow>;

/** A row with the children that a read wants, and all that is below them. */
export const withChildren = <Row extends StoredEntity>(
  plan: EntityPlan,
  row: Row,
  rowsOf: RowsOf,
  seen: Visibility | undefined,
): Row => {
  const own = withSnapshot(row, seen);
  const wanted = plan.children.filter(({ name }) => seen?.kinds?.includes(name) !== false);
  if (wanted.length === 0) return own;
  const below: Visibility = { includeDeleted: seen?.includeDeleted, history: seen?.history };
  const children: StoredChildren = Object.fromEntries(
    wanted.map((kind) => {
      const rows = seenRows(kind.plan, childrenOf(kind.plan, row.id, rowsOf), below);
      const chosen = chosenRows(kind, rows, seen);
      return [kind.name, chosen.map((child) => withChildren(kind.plan, child, rowsOf, below))];
    }),
  );
  return { ...own, children };
};

/** The ids of a row and of everything below it, removed children included, as `topic/id`. */
export const membersOf = (
  plan: EntityPlan,
  id: string,
  rowsOf: RowsOf,
  seen?: Visibility,
): readonly string[] => [
  `${plan.name}/${id}`,
  ...plan.children
    .filter(({ name }) => seen?.kinds?.includes(name) !== false)
    .flatMap((kind) =>
      chosenRows(kind, childrenOf(kind.plan, id, rowsOf), seen).flatMap((child) =>
        membersOf(kind.plan, child.id, rowsOf),
      ),
    ),
];

/**
 * The events of a tree's members by position; those of an open transaction at the positions that they would
 * get now.
 */
export const eventsOfMembers = (
  members: readonly string[],
  log: readonly (TopicEvent | undefined)[],
  writes: readonly MemoryWrite[],
): readonly TopicEvent[] => {
  const wanted = new Set(members);
  const written = writes
    .flatMap(({ events }) => events)
    .map((event, at) => ({ ...event, position: log.length + at + 1 }));
  return [...log, ...written].filter(
    (event) => event !== undefined && wanted.has(`${event.topic}/${event.id}`),
  ) as TopicEvent[];
};

const chosenRows = (
  { name, plan }: ChildPlan,
  rows: readonly MemoryRow[],
  seen: Visibility | undefined,
): readonly MemoryRow[] => {
  const where = seen?.childrenWhere?.[name];
  return where === undefined ? rows : matchingRows(plan, rows, where);
};

const childrenOf = (plan: EntityPlan, parentId: string, rowsOf: RowsOf): readonly MemoryRow[] => {
  const at = plan.columns.findIndex(({ property }) => property === plan.parent?.property);
  return [...rowsOf(plan).values()]
    .filter(({ columns }) => columns[at] === parentId)
    .sort((one, other) => compareText(one.id, other.id));
};

/** A row as it was when no other events were there, with its children that were there. */
export const pastTree = (
  plan: EntityPlan,
  { id, version }: Pick<StoredEntity, "id" | "version">,
  events: readonly TreeEvent[],
  rowsOf: RowsOf,
  seen?: Visibility,
): PastEntity => {
  const own = events.filter((event) => event.topic === plan.name && event.id === id);
  const past = { id, version, events: own.map(({ body }) => body) };
  const wanted = plan.children.filter(({ name }) => seen?.kinds?.includes(name) !== false);
  if (wanted.length === 0) return past;
  const children: StoredChildren = Object.fromEntries(
    wanted.map((kind) => {
      const all = childrenOf(kind.plan, id, rowsOf);
      const were = all
        .map((child) => pastTree(kind.plan, child, events, rowsOf))
        .filter((child) => child.events.length > 0);
      return [kind.name, were.map((child) => ({ ...child, version: child.events.length }))];
    }),
  );
  return { ...past, children };
};

/** Rows whose revisions are raised; the place of the first tree that is not at its revision. */
export const touched = (
  plan: EntityPlan,
  trees: readonly TreeRevision[],
  rows: ReadonlyMap<string, MemoryRow>,
): readonly MemoryWrite[] | Extract<TouchResult, { kind: "conflict" }> => {
  const writes: MemoryWrite[] = [];
  for (const [at, { id, revision }] of trees.entries()) {
    const row = rows.get(id);
    if (row?.revision !== revision) return { kind: "conflict", at };
    writes.push({ plan, row: { ...row, revision: revision + 1 }, events: [], raises: true });
  }
  return writes;
};

/** Whether somebody else changed the tree before what a transaction wrote of it first is committed. */
export const isOutrunTree = (
  { row, raises }: MemoryWrite,
  committed: number | undefined,
): boolean =>
  committed !== undefined && row.revision !== (raises === true ? committed + 1 : committed);
