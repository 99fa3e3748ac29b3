import type { EntityPlan, PastBound, PastEntity, StoredChildren } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { scopeOnly } from "./in-scope.ts";
import { type StoredEntityRow, toStoredTree } from "./stored-entity.ts";
import { childRows, childrenColumn, type SeenTree, wantedKinds } from "./tree-columns.ts";
import { visibleOnly } from "./visible-rows.ts";

/** Above every position. */
const NO_END = "9223372036854775807";

/**
 * Loads an entity and what is below it as they were: their events before one position, which is where the next
 * version of the root begins, or the first of all of their events that was recorded after a time.
 * Parameters: $1 id, $2 version, position or time; from $3 on, the scope where one is seen alone. Locks: none.
 * Relies on: users_pkey, the index on each reference to a parent, user_events_id_sequence_key.
 */
export const loadPastTree = (
  tables: EntityTables,
  kind: PastBound["kind"],
  seen?: SeenTree,
): Statement => {
  const past: SeenTree = {
    kinds: seen?.kinds,
    includeDeleted: true,
    // What was there before is in the events alone.
    history: true,
    before: "cut.before",
  };
  return statement(
    `load_past_tree_${kind}_${tables.plan.indexTable}`,
    `select u.id, u.version, (select json_agg(e.event) from (
    select event from ${tables.events} where id = u.id and position < cut.before order by sequence
  ) e) as events${childrenColumn(tables, past)}
from ${tables.index} u cross join lateral (
  select coalesce(${ENDS[kind](tables, seen)}, ${NO_END}) as before
) cut
where u.id = $1::uuid${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 3)}`,
  );
};

/** The first position that is not read, in SQL; null where all of them are. */
const ENDS: Readonly<
  Record<PastBound["kind"], (tables: EntityTables, seen: SeenTree | undefined) => string>
> = {
  position: () => "$2::bigint + 1",
  version: ({ events }) =>
    `(select position from ${events} where id = u.id and sequence = $2::int + 1)`,
  time: ({ plan, schema }, seen) => {
    const firsts = firstAfter(schema, plan, "u.id", "", wantedKinds(plan, seen), 1);
    return `(select min(f.position) from (
    ${firsts.join("\n    union all\n    ")}
  ) f)`;
  },
};

/** The first positions after the time, of an entity and of each kind below it. */
const firstAfter = (
  schema: string,
  { eventsTable }: EntityPlan,
  id: string,
  from: string,
  kinds: EntityPlan["children"],
  depth: number,
): readonly string[] => {
  const first = `(select min(position) as position from ${qualify(schema, eventsTable)} where id = ${id} and recorded_at > $2::timestamptz) e`;
  const own = `select e.position from ${from}${from === "" ? "" : " cross join lateral "}${first}`;
  const below = kinds.flatMap(({ plan }) => {
    const child = `f${depth}`;
    const rows = `(${childRows(plan, schema, id, { includeDeleted: true })}) ${child}`;
    const chain = from === "" ? rows : `${from} cross join lateral ${rows}`;
    return firstAfter(schema, plan, `${child}.id`, chain, plan.children, depth + 1);
  });
  return [own, ...below];
};

export const toPastTree = (tables: EntityTables, seen?: SeenTree) => {
  const toTree = toStoredTree(tables, { ...seen, history: true });
  return (row: StoredEntityRow): PastEntity => {
    const { id, version, events, children } = toTree(row);
    return { id, version, events, children: children && inPast(children) };
  };
};

/** Those that had events, at the versions that they had. */
const inPast = (children: StoredChildren): StoredChildren =>
  Object.fromEntries(
    Object.entries(children).map(([kind, members]) => [
      kind,
      members
        .filter(({ events }) => events.length > 0)
        .map((child) => ({
          ...child,
          version: child.events.length,
          children: child.children && inPast(child.children),
        })),
    ]),
  );
