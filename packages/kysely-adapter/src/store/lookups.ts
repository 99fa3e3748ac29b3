import type {
  ColumnPlan,
  PastBound,
  PastEntity,
  StoredEntity,
  UniquePlan,
  Visibility,
} from "@annals/core/adapter";
import type { Statement } from "../connection/statement.ts";
import { columnOf } from "../statements/condition.ts";
import { entityHistory } from "../statements/entity-history.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { findEntity } from "../statements/find-entity.ts";
import { isScoped } from "../statements/in-scope.ts";
import type { Knowledge } from "../statements/known-entity.ts";
import { loadEntities, loadEntity } from "../statements/load-entities.ts";
import { loadPast } from "../statements/load-past.ts";
import { loadPastTree, toPastTree } from "../statements/load-past-tree.ts";
import { keepsSnapshots } from "../statements/snapshots.ts";
import {
  type StoredEntityRow,
  toNewerEntity,
  toStoredEntity,
  toStoredTree,
} from "../statements/stored-entity.ts";
import { wantedKinds } from "../statements/tree-columns.ts";
import { treeHistory } from "../statements/tree-history.ts";
import { answersKey } from "./answers-key.ts";

/** The statements that look entities up by values that are known, compiled once. */
interface Lookups {
  readonly toStored: (row: StoredEntityRow) => StoredEntity;
  readonly load: Statement;
  readonly loadMany: Statement;
  readonly past: Readonly<Record<PastBound["kind"], Statement>>;
  readonly toPast: (row: StoredEntityRow) => PastEntity;
  readonly histories: Readonly<Record<"asc" | "desc", Statement>>;
  /** Of entities that have children. */
  readonly treeHistories: Readonly<Record<"asc" | "desc", Statement>> | undefined;
  /** By the unique constraint's name. */
  readonly finds: ReadonlyMap<string, Finder>;
}

interface Finder {
  readonly unique: UniquePlan;
  readonly statement: Statement;
  readonly columns: readonly ColumnPlan[];
}

/** The lookups for what a read sees and is told, compiled when that is first so. */
export const lookupsOf = (
  tables: EntityTables,
): ((seen?: Visibility, knows?: Knowledge) => Lookups) => {
  const { plan } = tables;
  const compiled = new Map<string | number, Lookups>();
  return (seen, knows) => {
    const hasDeleted = plan.lifecycle !== undefined || plan.children.length > 0;
    const includeDeleted = hasDeleted && seen?.includeDeleted === true;
    const scoped = isScoped(plan, seen);
    const kinds = plan.children.length === 0 ? undefined : seen?.kinds;
    const history = keepsSnapshots(plan) && seen?.history === true;
    const answers = answersKey(includeDeleted, scoped, history);
    const key =
      kinds === undefined && knows === undefined
        ? answers
        : `${answers} ${kinds?.join(" ")} ${knows?.of} ${knows?.subjects}`;
    const before = compiled.get(key);
    if (before !== undefined) return before;
    const sight = { includeDeleted, history, kinds, ...(scoped && { scope: [] }) };
    const made = lookups(tables, sight, knows);
    compiled.set(key, made);
    return made;
  };
};

const pastLookups = (tables: EntityTables, seen: Visibility): Pick<Lookups, "past" | "toPast"> => {
  const isTree = wantedKinds(tables.plan, seen).length > 0;
  const load = isTree ? loadPastTree : loadPast;
  return {
    past: {
      version: load(tables, "version", seen),
      position: load(tables, "position", seen),
      time: load(tables, "time", seen),
    },
    toPast: isTree ? toPastTree(tables, seen) : toStoredEntity,
  };
};

const lookups = (
  tables: EntityTables,
  seen: Visibility,
  knows: Knowledge | undefined,
): Lookups => ({
  toStored: knows === undefined ? toStoredTree(tables, seen) : toNewerEntity,
  load: loadEntity(tables, seen, knows),
  loadMany: loadEntities(tables, seen, knows),
  ...pastLookups(tables, seen),
  histories: {
    asc: entityHistory(tables, "asc", seen),
    desc: entityHistory(tables, "desc", seen),
  },
  treeHistories:
    tables.plan.children.length === 0
      ? undefined
      : { asc: treeHistory(tables, "asc", seen), desc: treeHistory(tables, "desc", seen) },
  finds: new Map(
    tables.plan.uniques.map((unique): [string, Finder] => [
      unique.constraint,
      {
        unique,
        statement: findEntity(tables, unique, seen, knows),
        columns: unique.properties.map((property) => columnOf(tables, property)),
      },
    ]),
  ),
});
