import type { ChildModel } from "../define/child-plans.ts";
import type { History } from "./history.ts";
import type { PendingWrite, WriteEnd } from "./pending-write.ts";
import type { StoredEvent } from "./stored-event.ts";

/** The children of one kind that have something to be written, in all of the trees. */
export interface PendingKind {
  readonly kind: ChildModel;
  readonly members: readonly PendingMember[];
}

export interface PendingMember {
  readonly history: History;
  readonly pending: PendingWrite;
  /** The root of its tree. */
  readonly root: History;
}

/** The events below an entity that no write has taken, parents before their children. */
export const unwrittenBelow = ({ model, children }: History): readonly StoredEvent[] =>
  model.children.flatMap(({ name }) =>
    [...(children.get(name)?.values() ?? [])].flatMap((child) => [
      ...child.unwritten,
      ...unwrittenBelow(child),
    ]),
  );

/** Whether anything below an entity is not written over which the tree is guarded as a whole. */
export const guardedBelow = ({ model, children }: History): boolean =>
  model.children.some(
    ({ name, guarded }) =>
      guarded &&
      [...(children.get(name)?.values() ?? [])].some(
        (child) => child.hasUnwritten || guardedBelow(child),
      ),
  );

/**
 * Begins the write of an entity and of what is below it, as `beginWrite` does for one alone.
 *
 * @returns what is to be written of the entity itself, which may be no event; `undefined` when nothing is
 * pending anywhere.
 * @throws EntityUnusableError
 */
export const beginRoot = (history: History): PendingWrite | undefined => {
  if (history.model.children.length === 0 || history.hasUnwritten) return history.beginWrite();
  if (unwrittenBelow(history).length === 0) return history.beginWrite();
  return history.beginTouch(guardedBelow(history));
};

/**
 * Begins the writes of everything below these entities: kind by kind, and parents before their children.
 *
 * @throws EntityUnusableError; then none of them has begun.
 */
export const beginBelow = (roots: readonly History[]): readonly PendingKind[] => {
  const kinds: PendingKind[] = [];
  try {
    let level: readonly Placed[] = roots.map((root) => ({ history: root, root }));
    while (level.length > 0) {
      const next: Placed[] = [];
      for (const [kind, children] of byKind(level)) {
        const members: PendingMember[] = [];
        kinds.push({ kind, members });
        for (const { history, root } of children) {
          const pending = history.beginWrite();
          if (pending !== undefined) members.push({ history, pending, root });
        }
        next.push(...children);
      }
      level = next;
    }
  } catch (error) {
    failKinds(kinds, "rolledBack");
    throw error;
  }
  return kinds.filter(({ members }) => members.length > 0);
};

/** Takes it that nothing of these writes happened, or that nobody can tell. */
export const failKinds = (
  kinds: readonly PendingKind[],
  end: Exclude<WriteEnd, "committed">,
): void => {
  for (const { members } of kinds) for (const { history } of members) history.failWrite(end);
};

/** An entity and the root of its tree. */
interface Placed {
  readonly history: History;
  readonly root: History;
}

const byKind = (level: readonly Placed[]): ReadonlyMap<ChildModel, readonly Placed[]> => {
  const kinds = new Map<ChildModel, Placed[]>();
  for (const { history, root } of level) {
    for (const kind of history.model.children) {
      const members = [...(history.children.get(kind.name)?.values() ?? [])];
      const placed = members.map((member) => ({ history: member, root }));
      const known = kinds.get(kind);
      if (known === undefined) kinds.set(kind, placed);
      else known.push(...placed);
    }
  }
  return kinds;
};
