import type { JsonValue } from "@annals/core";
import { type BatchWrite, type EntityPlan, type UniquePlan, uniqueKey } from "@annals/core/adapter";

/** A member that gives up its values in these constraints first, since what it takes is held in a circle. */
export interface Parked {
  readonly at: number;
  readonly constraints: readonly UniquePlan[];
}

/** How the unique values of a batch move. Places are those of the writes in the list. */
export interface ValueMoves {
  /** Whether any member changes a unique value. */
  readonly moves: boolean;
  /** The members in an order in which a value is given up before it is taken. */
  readonly order: readonly number[];
  readonly parked: readonly Parked[];
}

/** A value that one member gives up and another takes. */
interface Handover {
  readonly from: number;
  readonly to: number;
  readonly unique: UniquePlan;
}

/**
 * Orders the members of a batch so that every unique value is given up before it is taken, and breaks
 * each circle at one member.
 *
 * @param cost how unwelcome it is to have something stand in for a value of this constraint.
 */
export const valueMoves = (
  plan: EntityPlan,
  writes: readonly BatchWrite[],
  cost: (unique: UniquePlan) => number,
): ValueMoves => {
  const { moves, handovers } = handoversOf(plan, writes);
  if (handovers.length === 0) return { moves, order: [...writes.keys()], parked: [] };
  const giving = groupBy(handovers, ({ from }) => from);
  const taking = groupBy(handovers, ({ to }) => to);
  const waiting = new Map([...taking].map(([to, list]) => [to, list.length]));
  const parkedAt = new Set<number>();
  const parked: Parked[] = [];
  const order: number[] = [];
  const free = (at: number): void => {
    for (const { to } of giving.get(at) ?? []) {
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  };
  const ready = [...writes.keys()].filter((at) => !waiting.has(at));
  const isWaiting = (at: number): boolean => (waiting.get(at) ?? 0) > 0;
  const drain = (): void => {
    for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
      order.push(at);
      if (!parkedAt.has(at)) free(at);
    }
  };
  drain();
  for (const start of waiting.keys()) {
    while (isWaiting(start)) {
      const blocked = (at: number) =>
        taking.get(at)?.find(({ from }) => isWaiting(from) && !parkedAt.has(from))?.from;
      const at = cheapest(circleFrom(start, blocked), (one) =>
        Math.max(...(giving.get(one) ?? []).map(({ unique }) => cost(unique))),
      );
      parkedAt.add(at);
      parked.push({ at, constraints: [...new Set(giving.get(at)?.map(({ unique }) => unique))] });
      free(at);
      drain();
    }
  }
  return { moves, order, parked };
};

const handoversOf = (
  plan: EntityPlan,
  writes: readonly BatchWrite[],
): { readonly moves: boolean; readonly handovers: readonly Handover[] } => {
  const handovers: Handover[] = [];
  let moves = false;
  for (const unique of plan.uniques) {
    const changes = changesOf(plan, unique, writes);
    if (changes.length > 0) moves = true;
    const holders = new Map(changes.map(({ at, before }) => [before, at]));
    for (const { at: to, after } of changes) {
      const from = after === undefined ? undefined : holders.get(after);
      if (from !== undefined && from !== to) handovers.push({ from, to, unique });
    }
  }
  return { moves, handovers };
};

/** The members whose values in a constraint change, with both. */
const changesOf = (plan: EntityPlan, unique: UniquePlan, writes: readonly BatchWrite[]) =>
  writes.flatMap((write, at) => {
    const before = looseKey(plan, unique, write.heldBefore);
    const after = looseKey(plan, unique, write.heldAfter);
    return isSame(plan, unique, write) ? [] : [{ at, before, after }];
  });

const isSame = (plan: EntityPlan, unique: UniquePlan, write: BatchWrite): boolean =>
  uniqueKey(plan, unique, write.heldBefore) === uniqueKey(plan, unique, write.heldAfter);

/**
 * Takes values for the same that some collation or type might: an order that nobody needed costs nothing,
 * one that is missed is a value refused that is free.
 */
export const looseKey = (
  plan: EntityPlan,
  unique: UniquePlan,
  columns: readonly JsonValue[] | undefined,
): string | undefined => {
  const key = uniqueKey(plan, unique, columns);
  return isExact(plan, unique) ? key : key?.normalize("NFKC").toLowerCase();
};

const isExact = (plan: EntityPlan, { properties }: UniquePlan): boolean =>
  plan.columns.every(
    ({ property, type, collation }) =>
      !properties.includes(property) || (type.kind !== "declared" && collation === undefined),
  );

/** Follows who waits for whom until a member comes twice; from there on it is a circle. */
const circleFrom = (
  start: number,
  blockedBy: (at: number) => number | undefined,
): readonly number[] => {
  const path = new Set<number>();
  let at = start;
  while (!path.has(at)) {
    path.add(at);
    const next = blockedBy(at);
    if (next === undefined) return [at];
    at = next;
  }
  const members = [...path];
  return members.slice(members.indexOf(at));
};

const cheapest = (members: readonly number[], costOf: (at: number) => number): number =>
  members.reduce((best, at) => (costOf(at) < costOf(best) ? at : best));

const groupBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => number,
): ReadonlyMap<number, readonly Item[]> => {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};
