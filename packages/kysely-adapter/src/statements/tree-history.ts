import type { JsonObject } from "@annals/core";
import type { EntityPlan, TreeEvent } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify, quoteName, quoteText } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { scopeOnly } from "./in-scope.ts";
import { childRows, type SeenTree, wantedKinds } from "./tree-columns.ts";
import { visibleOnly } from "./visible-rows.ts";

/**
 * A stretch of the events of an entity and of everything below it by their positions, as one value; a row
 * without it says that there are none there, no row that there is no entity.
 * Parameters: $1 id, $2 above this position, $3 below this position, $4 limit; from $5 on, the scope where
 * one is seen alone. Locks: none.
 * Relies on: users_pkey, the index on each reference to a parent, user_events_id_sequence_key.
 *
 * Each entity's events are cut for themselves, by its own index: positions rise with sequences, and one
 * order over all positions would have the planner walk the whole topic for the few of one tree.
 */
export const treeHistory = (
  tables: EntityTables,
  direction: "asc" | "desc",
  seen?: SeenTree,
): Statement =>
  statement(
    `tree_history_${direction}_${tables.plan.indexTable}`,
    treeHistoryText(tables, direction, seen),
  );

/** The same as a text, for children that are chosen by conditions, whose values follow the other parameters. */
export const treeHistoryText = (
  tables: EntityTables,
  direction: "asc" | "desc",
  seen: SeenTree | undefined,
): string => {
  const { plan, schema } = tables;
  const root = { plan, id: "u.id", parent: rootParent(plan) };
  const kinds = wantedKinds(plan, seen);
  const branches = branchesOf(schema, root, "", direction, kinds, 1, seen?.conditions);
  return `select (select json_agg(json_build_array(t.topic, t.id, t.parent, t.sequence, t.position, t.recorded_at, t.context, t.event)) from (
  ${branches.join("\n  union all\n  ")}
  order by position ${direction}
  limit $4::int
) t) as events
from ${tables.index} u
where u.id = $1::uuid${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 5)}`;
};

/** An entity of the tree, in SQL. */
interface Member {
  readonly plan: EntityPlan;
  readonly id: string;
  readonly parent: string;
}

const rootParent = ({ parent }: EntityPlan): string =>
  parent === undefined ? "null::uuid" : `u.${quoteName(parent.column)}`;

/** The events of a kind, and those of the kinds below it; `from` are the rows above, each within the last. */
const branchesOf = (
  schema: string,
  { plan, id, parent }: Member,
  from: string,
  direction: "asc" | "desc",
  kinds: EntityPlan["children"],
  depth: number,
  conditions?: ReadonlyMap<string, string>,
): readonly string[] => {
  const own = `(
    select ${quoteText(plan.name)} as topic, ${id} as id, ${parent} as parent, e.*
    from ${from}${from === "" ? "" : " cross join lateral "}(
      select sequence, position, recorded_at, context, event from ${qualify(schema, plan.eventsTable)}
      where id = ${id} and position > $2::bigint and position < $3::bigint
      order by sequence ${direction}
      limit $4::int
    ) e
  )`;
  const below = kinds.flatMap((kind) => {
    const child = `c${depth}`;
    const chosen = conditions?.get(kind.name);
    const rows = `(${childRows(kind.plan, schema, id, { includeDeleted: true }, chosen)}) ${child}`;
    const chain = from === "" ? rows : `${from} cross join lateral ${rows}`;
    const member = { plan: kind.plan, id: `${child}.id`, parent: id };
    return branchesOf(schema, member, chain, direction, kind.plan.children, depth + 1);
  });
  return [own, ...below];
};

export interface TreeHistoryRow {
  readonly events: readonly TreeHistoryValues[] | null;
}

type TreeHistoryValues = readonly [
  topic: string,
  id: string,
  parent: string | null,
  sequence: number,
  position: number,
  /** As JSON spells it, which no DateStyle changes. */
  recordedAt: string,
  context: JsonObject | null,
  event: JsonObject,
];

export const toTreeEvents = ({ events }: TreeHistoryRow): readonly TreeEvent[] =>
  (events ?? []).map(([topic, id, parent, sequence, position, recordedAt, context, body]) => ({
    topic,
    id,
    ...(parent !== null && { parentId: parent }),
    sequence,
    position,
    recordedAt: new Date(recordedAt),
    context,
    body,
  }));
