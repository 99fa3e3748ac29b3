import {
  DELETED_AT,
  type KnownEntities,
  type ListPosition,
  type ListQuery,
  type Visibility,
} from "@annals/core/adapter";
import { condition, Parameters } from "./condition.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { joinKnown, knowledgeOf, knownParameters, newerColumns } from "./known-entity.ts";
import { type OrderColumn, orderColumn } from "./list-order.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import { rowColumns, withConditions } from "./tree-columns.ts";
import { IS_DELETED, IS_LIVE, type RowSets, rowSets } from "./visible-rows.ts";

/**
 * One page of entities with their events. Rows without an ordering value come last; the id breaks ties.
 * Parameters: the condition's values, then those of the places between which the page lies, then the
 * limit, then what is known, where somebody knows any. Locks: none. Relies on: the ordering column's index, user_events_id_sequence_key.
 *
 * The page is cut before any event is read, and a place's value leaves as text, so that a cursor carries
 * exactly what the database compares. The last rows are found from the end, and turned around outside.
 *
 * Rows with a value and rows without are two stretches of the index, each cut for itself: as one
 * condition, "beyond this value, or none" would be a filter over everything before the page, and no
 * index has the rows without a value at the same end in both directions.
 */
export const listEntities = (
  tables: EntityTables,
  query: ListQuery,
  seen?: Visibility,
  known?: KnownEntities,
): { readonly sql: string; readonly parameters: readonly unknown[] } => {
  const order = orderColumn(tables, query);
  const parameters = new Parameters();
  const fulfilled = condition(tables, query.where, parameters);
  const sets = rowSets(tables, query.where, seen);
  const stretches = stretchesOf(order, query, sets, parameters);
  const limit = `${parameters.add(query.limit)}::bigint`;
  const cut = stretches.map((stretch, part) => {
    const conditions = [fulfilled, ...stretch.conditions].filter((one) => one !== "true");
    const first = `order by ${stretch.ordering} limit ${limit}`;
    const partColumn = stretches.length === 1 ? "" : `${part} as part, `;
    return `select ${partColumn}${rowColumns(tables)}, ${order.text} as position, row_number() over (order by ${stretch.ordering}) as place
  from ${source(tables, stretch.sets, conditions, first)}
  order by ${stretch.ordering}
  limit ${limit}`;
  });
  const [columns, join] = columnsFor(tables, seen, known, parameters);
  return {
    sql: `with page as (
  ${cut.length === 1 ? cut[0] : joined(tables, cut, limit)}
)
select ${columns}, u.position
from page u${join}
order by ${query.take === "first" ? "u.place" : "u.place desc"}`,
    parameters: parameters.values,
  };
};

/** What is read of the page's entities, and what has to be joined for it. */
const columnsFor = (
  tables: EntityTables,
  seen: Visibility | undefined,
  known: KnownEntities | undefined,
  parameters: Parameters,
): readonly [columns: string, join: string] => {
  if (known === undefined) {
    return [storedEntityColumns(tables, withConditions(tables, seen, parameters)), ""];
  }
  const knows = knowledgeOf(known, "many");
  const first = parameters.values.length + 1;
  for (const value of knownParameters(known, knows)) parameters.add(value);
  return [newerColumns(tables, knows), joinKnown(tables, knows, first)];
};

const joined = (tables: EntityTables, cut: readonly string[], limit: string): string =>
  `select ${rowColumns(tables, "")}, position, row_number() over (order by part, place) as place
  from (
  (${cut.join(")\n  union all\n  (")})
  ) stretches
  order by part, place
  limit ${limit}`;

/** The rows to cut a stretch from: one set with its conditions, or the first of each of two. */
const source = (
  { index }: EntityTables,
  sets: RowSets,
  conditions: readonly string[],
  firstOfEach: string,
): string => {
  const [one, ...more] = sets.map((set) => {
    const all = set === "" ? conditions : [...conditions, set];
    return `${index} u${all.length === 0 ? "" : `\n  where ${all.join("\n    and ")}`}`;
  });
  if (more.length === 0) return one as string;
  const selects = [one, ...more].map((rows) => `(select u.* from ${rows}\n  ${firstOfEach})`);
  return `(\n  ${selects.join("\n  union all\n  ")}\n  ) u`;
};

/** A part of the list that an index of each of its sets has in the order in which it is read. */
interface Stretch {
  readonly conditions: readonly string[];
  readonly ordering: string;
  readonly sets: RowSets;
}

/** The parts of the list that the page may lie in, in the order in which they are read. */
const stretchesOf = (
  order: OrderColumn,
  query: ListQuery,
  sets: RowSets,
  parameters: Parameters,
): readonly Stretch[] => {
  const { after, before, direction, take } = query;
  const read = (direction === "asc") === (take === "first") ? "asc" : "desc";
  const byId = `u.id ${read}`;
  const byValue = order.isId ? byId : `u.${order.name} ${read}, ${byId}`;
  const [later, earlier] = direction === "asc" ? ([">", "<"] as const) : (["<", ">"] as const);
  const bounds = (kind: "valued" | "absent"): string[] => [
    ...(after ? beyond(order, after, kind, later, parameters) : []),
    ...(before ? beyond(order, before, kind, earlier, parameters) : []),
  ];
  const found: Stretch[] = [];
  // Nothing with a value comes after a place without one, nor the other way round.
  const valued = after?.value === null ? [] : withValue(query, sets);
  if (valued.length > 0) {
    const only = order.nullable ? [`u.${order.name} is not null`] : [];
    found.push({ conditions: [...only, ...bounds("valued")], ordering: byValue, sets: valued });
  }
  const hasAbsent = order.nullable && (before === undefined || before.value === null);
  const absent = hasAbsent ? withoutValue(query, sets) : [];
  if (absent.length > 0) {
    const conditions = [`u.${order.name} is null`, ...bounds("absent")];
    found.push({ conditions, ordering: order.absentById ? byId : byValue, sets: absent });
  }
  if (found.length === 0) return [{ conditions: ["false"], ordering: byValue, sets: [""] }];
  return take === "first" ? found : found.reverse();
};

/** Deleted rows, and no others, have a time of deletion. */
const withValue = ({ orderBy }: ListQuery, sets: RowSets): RowSets =>
  orderBy === DELETED_AT.property ? sets.filter((set) => set !== IS_LIVE) : sets;

const withoutValue = ({ orderBy }: ListQuery, sets: RowSets): RowSets =>
  orderBy === DELETED_AT.property ? sets.filter((set) => set !== IS_DELETED) : sets;

/** That a row of a stretch lies beyond a place; nothing when all of the stretch does. */
const beyond = (
  { name, type, isId }: OrderColumn,
  { value, id }: ListPosition,
  kind: "valued" | "absent",
  operator: "<" | ">",
  parameters: Parameters,
): readonly string[] => {
  const hasValue = value !== null;
  if (!isId && hasValue !== (kind === "valued")) return [];
  const idParameter = `${parameters.add(id)}::uuid`;
  if (isId || !hasValue) return [`u.id ${operator} ${idParameter}`];
  return [`(u.${name}, u.id) ${operator} (${parameters.add(value)}::${type}, ${idParameter})`];
};
