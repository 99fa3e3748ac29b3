import type { JsonObject } from "@annals/core";
import {
  DELETED_AT,
  type EntityPlan,
  type StoredEntity,
  type Visibility,
} from "@annals/core/adapter";
import { qualify, quoteName } from "../tables/quote.ts";
import { condition, type Parameters } from "./condition.ts";
import { type EntityTables, entityTableNames } from "./entity-table-names.ts";
import {
  readsSnapshot,
  type SnapshotWithEvents,
  snapshotWithEvents,
  toSnapshotWithEvents,
} from "./snapshots.ts";

// Whole trees in the statement that reads their roots: one aggregated value for each kind of children,
// whose rows are found by the index on the reference to their parent.

/** The columns of an index row that bring its entity back, for an alias of the index table. */
export const rowColumns = ({ plan }: EntityTables, alias = "u"): string =>
  ["id", "version", ...(plan.hasRevision ? ["revision"] : [])]
    .map((column) => (alias === "" ? column : `${alias}.${column}`))
    .join(", ");

/** What a read sees, with the conditions that children are chosen by in SQL, by their kinds. */
export interface SeenTree extends Visibility {
  readonly conditions?: ReadonlyMap<string, string>;
  /** Only events before this position, in SQL. */
  readonly before?: string;
}

/** Says the conditions that a read chooses children by in SQL, after all other parameters. */
export const withConditions = (
  { plan, schema }: EntityTables,
  seen: Visibility | undefined,
  parameters: Parameters,
): SeenTree | undefined => {
  if (seen?.childrenWhere === undefined) return seen;
  const conditions = new Map<string, string>();
  for (const kind of plan.children) {
    const where = seen.childrenWhere[kind.name];
    if (where === undefined) continue;
    const tables = entityTableNames(kind.plan, schema);
    conditions.set(kind.name, condition(tables, where, parameters, CHILD));
  }
  return { ...seen, conditions };
};

/** How rows of children are called in a condition over them. */
const CHILD = "r";

/** The kinds of children that a read wants. */
export const wantedKinds = ({ children }: EntityPlan, seen: Visibility | undefined) =>
  children.filter(({ name }) => seen?.kinds?.includes(name) !== false);

/** The children of every wanted kind as one more column; nothing where there are none. */
export const childrenColumn = (
  tables: EntityTables,
  seen: SeenTree | undefined,
  parentId = "u.id",
): string => {
  const kinds = wantedKinds(tables.plan, seen);
  if (kinds.length === 0) return "";
  const values = kinds.map(({ name, plan }) =>
    childrenOf(plan, tables.schema, parentId, seen, 1, seen?.conditions?.get(name)),
  );
  return `,\n  json_build_array(${values.join(", ")}) as children`;
};

/**
 * The children of one kind as a JSON list of `[id, version, events, …kinds below]`, with the snapshot beside
 * the events where there may be one, in the order of their
 * ids, which is that of their creation where ids are generated.
 */
const childrenOf = (
  plan: EntityPlan,
  schema: string,
  parentId: string,
  seen: SeenTree | undefined,
  depth: number,
  chosen?: string,
): string => {
  const child = `c${depth}`;
  const indent = "  ".repeat(depth + 1);
  const { events: table, snapshots } = entityTableNames(plan, schema);
  const until = seen?.before === undefined ? "" : ` and position < ${seen.before}`;
  const events =
    snapshots !== undefined && readsSnapshot(plan, seen)
      ? snapshotWithEvents(snapshots, table, child, indent)
      : `(select json_agg(e.event) from (
${indent}    select event from ${table} where id = ${child}.id${until} order by sequence
${indent}  ) e)`;
  const below = plan.children.map((kind) =>
    childrenOf(kind.plan, schema, `${child}.id`, seen, depth + 1),
  );
  const values = [`${child}.id`, `${child}.version`, events, ...below];
  return `(
${indent}select json_agg(json_build_array(${values.join(", ")})) from (
${indent}  ${childRows(plan, schema, parentId, seen, chosen)}
${indent}  order by id
${indent}) ${child}
${indent})`;
};

/** The ids and versions of a parent's children of one kind. Live rows and deleted ones have indexes of their own, so who wants both asks twice. */
export const childRows = (
  plan: EntityPlan,
  schema: string,
  parentId: string,
  seen: Visibility | undefined,
  chosen?: string,
): string => {
  const parent = quoteName(plan.parent?.column ?? "id");
  const table = qualify(schema, plan.indexTable);
  const rows =
    chosen === undefined
      ? `select id, version from ${table} where ${parent} = ${parentId}`
      : `select id, version from ${table} ${CHILD} where ${parent} = ${parentId} and ${chosen}`;
  if (plan.lifecycle === undefined) return rows;
  const deletedAt = quoteName(DELETED_AT.column);
  const live = `${rows} and ${deletedAt} is null`;
  if (seen?.includeDeleted !== true) return live;
  return `${live} union all ${rows} and ${deletedAt} is not null`;
};

/** A child as the column has it; the kinds below it follow in the order of the definition. */
export type ChildValues = readonly [
  id: string,
  version: number,
  events: readonly JsonObject[] | SnapshotWithEvents | null,
  ...below: (readonly ChildValues[] | null)[],
];

export type ChildrenValue = readonly (readonly ChildValues[] | null)[];

/** The children in a row, by kind. */
export const toChildren = (
  kinds: EntityPlan["children"],
  values: ChildrenValue | undefined,
  seen: Visibility | undefined,
): Pick<StoredEntity, "children"> =>
  kinds.length === 0
    ? {}
    : {
        children: Object.fromEntries(
          kinds.map(({ name, plan }, at) => [
            name,
            (values?.[at] ?? []).map((child) => toChild(plan, child, seen)),
          ]),
        ),
      };

const toChild = (
  plan: EntityPlan,
  [id, version, events, ...below]: ChildValues,
  seen: Visibility | undefined,
): StoredEntity => ({
  id,
  version,
  ...(readsSnapshot(plan, seen)
    ? toSnapshotWithEvents(events as SnapshotWithEvents)
    : { events: (events as readonly JsonObject[] | null) ?? [] }),
  ...toChildren(plan.children, below, seen),
});
