import { type ColumnPlan, DELETED_AT, type Deletion, type EntityPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { parameterType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import { scopeColumns, scopeNames } from "../tables/scope-columns.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { claimedKey, firstAfterKey } from "./idempotency-key.ts";
import { scopeCondition } from "./in-scope.ts";
import { keptSnapshots } from "./snapshots.ts";

/** What of a write changes the text of its statement. */
export interface WriteShape {
  readonly creates: boolean;
  /** Whether there is one event, which spares the list, or several. */
  readonly one: boolean;
  /** Whether the events delete or restore the entity. */
  readonly deletion?: Deletion | undefined;
  /**
   * Whether the previous bound on lock waits is put back at the end. A transaction of its own ends
   * together with the statement and needs no putting back, which is half of the bound's cost.
   */
  readonly restoresBound: boolean;
  /** Whether a create writes nothing, and does not fail, when the id is taken. */
  readonly mayExist?: boolean | undefined;
  /** Whether it writes an idempotency key as well, and nothing when the key is taken. */
  readonly keyed?: boolean;
  /** Whether the state is kept as well. */
  readonly snapshot?: boolean;
}

/** The number of the first index column's parameter. */
const firstColumn = (plan: EntityPlan, { keyed }: WriteShape): number =>
  keyed ? firstAfterKey(plan) : 8;

/** The index columns that a write carries, in the order of their parameters: an append is told its scope. */
export const carriedColumns = (plan: EntityPlan, creates: boolean): readonly ColumnPlan[] =>
  creates ? plan.columns : [...writtenColumns(plan, false), ...scopeColumns(plan)];

/** The index columns that a write sets. */
export const writtenColumns = (plan: EntityPlan, creates: boolean): readonly ColumnPlan[] =>
  creates ? plan.columns : plan.columns.filter(({ immutable }) => !immutable);

/**
 * Writes an entity's index row and events in one round trip: creates the row, or moves it from the
 * expected version, and passes the events to the insert function.
 *
 * Parameters: $1 id, $2 expected version, $3 version after, $4 recorded at (or null for now), $5 bound
 * on lock waits, $6 the event's body, or a JSON list of `{"id", "sequence", "event"}`, $7 their
 * context or null; with a key, those of KEY_PARAMETERS; then the index columns,
 * and for an append the scope, in which the row has to be, and the revision that a tree has to be at; at
 * last the snapshot, where one is kept.
 * Locks: the index row first, by its own insert or update; the events table only after that, so that a
 * write which waits holds up no consumer. Conflict: no row with `written`. Relies on: users_pkey.
 *
 * With `mayExist`, no row with `written` says that the id is taken; it waits for who is just creating it.
 *
 * With a key, an append locks the index row, then the key, so that a lost race does not use the key up. A
 * create takes the key first: a repetition is to be known as one before a unique value of its own refuses
 * it. A key that is taken is no row with `written` as well. Relies on: idempotency_keys_pkey.
 */
export const writeEntity = (tables: EntityTables, shape: WriteShape): Statement => {
  const { plan } = tables;
  const insert = shape.one
    ? `${insertName(tables, "_insert_one")}(w.id, $3::int, $6::jsonb, $7::jsonb, w.at)`
    : `${insertName(tables, "_insert")}(array[w.id], $6::json, $7::jsonb, w.at)`;
  const claimed = shape.keyed ? `${claim(tables, shape)},\n` : "";
  const written = `${claimed}w as (
${shape.creates ? insertRow(tables, shape) : updateRow(tables, shape)}
)${kept(tables, shape)}`;
  return statement(
    `${labelOf(shape)}_${plan.indexTable}`,
    shape.restoresBound
      ? `with bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', $5, true) as applied
),
${written}
select w.id is not null as written, case when w.id is not null then ${insert} end,
  set_config('lock_timeout', bound.previous, true)
from bound left join w on true`
      : `with ${written}
select true as written, ${insert}
from w`,
  );
};

/** The CTEs that keep the state, once the index row is written and locked. */
const kept = (tables: EntityTables, shape: WriteShape): string => {
  if (!shape.snapshot) return "";
  const { plan } = tables;
  const isRevised = plan.hasRevision && !shape.creates;
  const before = carriedColumns(plan, shape.creates).length + (isRevised ? 1 : 0);
  const snapshot = `$${firstColumn(plan, shape) + before}::jsonb`;
  return keptSnapshots(tables, "w", { version: "$3::int", snapshot, at: "w.at", scoped: "w" }, "");
};

/** What a snapshot's row takes from the index row. */
const keptScope = ({ plan }: EntityTables, { snapshot }: WriteShape): readonly string[] =>
  snapshot ? scopeNames(plan) : [];

const labelOf = ({ creates, deletion, keyed, mayExist, snapshot }: WriteShape): string => {
  const once = `${keyed ? "_once" : ""}${snapshot ? "_kept" : ""}`;
  if (mayExist) return `create_or_find${once}`;
  if (creates) return `create${once}`;
  const verb = deletion === undefined ? "append" : deletion === "deleted" ? "delete" : "restore";
  return `${verb}${once}`;
};

/**
 * Sets the bound before the row is looked for, and so before any lock. Where nothing is put back, a
 * subquery that the planner evaluates first, once, does; joining it costs three times as much.
 */
const boundSet = ({ restoresBound }: WriteShape): { from: string; condition: string } =>
  restoresBound
    ? { from: "\n  from bound", condition: "bound.applied is not null" }
    : { from: "", condition: "(select set_config('lock_timeout', $5, true)) is not null" };

/** What the write of the index row waits for: the bound, or the key that it was set for. */
const precondition = (shape: WriteShape): { from: string; condition: string } =>
  shape.keyed
    ? { from: "\n  from claimed", condition: "claimed.entity_id = $1::uuid" }
    : boundSet(shape);

/** The tree's revision, after the index columns: compared and raised by every write of its root. */
const revised = (
  { plan }: EntityTables,
  shape: WriteShape,
): { readonly set: readonly string[]; readonly condition: string } => {
  if (!plan.hasRevision || shape.creates) return { set: [], condition: "" };
  const parameter = `$${firstColumn(plan, shape) + carriedColumns(plan, false).length}`;
  return {
    set: ["revision = u.revision + 1"],
    condition: ` and u.revision = ${parameter}::int`,
  };
};

/** The CTEs that take the key: for an append, once the index row is found at its version and locked. */
const claim = (tables: EntityTables, shape: WriteShape): string => {
  const { from, condition } = boundSet(shape);
  if (shape.creates)
    return claimedKey(tables, `${from.trimStart()} where ${condition}`.trimStart());
  const bound = shape.restoresBound ? ", bound" : "";
  return `locked as (
  select u.id from ${tables.index} u${bound}
  where u.id = $1::uuid and u.version = $2::int${ofItsScope(tables, shape)} and ${condition}${revised(tables, shape).condition}
  for no key update of u
),
${claimedKey(tables, "from locked")}`;
};

/** That the row is in the scope of the entity that was read: after the values that it is given. */
const ofItsScope = ({ plan }: EntityTables, shape: WriteShape): string =>
  scopeCondition(plan, firstColumn(plan, shape) + writtenColumns(plan, false).length);

const insertName = ({ events }: EntityTables, suffix: string): string =>
  events.replace(/"$/, `${suffix}"`);

/** The columns with the parameters that carry their values. */
const assignments = (
  { plan }: EntityTables,
  shape: WriteShape,
): readonly { readonly column: string; readonly value: string }[] => {
  const first = firstColumn(plan, shape);
  const declared = writtenColumns(plan, shape.creates).map(({ column, type }, at) => ({
    column: quoteName(column),
    value: `$${first + at}::${parameterType(type)}`,
  }));
  if (shape.deletion === undefined) return declared;
  const value = shape.deletion === "deleted" ? "coalesce($4::timestamptz, now())" : "null";
  return [{ column: quoteName(DELETED_AT.column), value }, ...declared];
};

const insertRow = (tables: EntityTables, shape: WriteShape): string => {
  const declared = assignments(tables, shape);
  const columns = ["id", "created_at", "version", ...declared.map(({ column }) => column)];
  const values = [
    "$1::uuid",
    "coalesce($4::timestamptz, now())",
    "$3::int",
    ...declared.map(({ value }) => value),
  ];
  const { from, condition } = precondition(shape);
  return `  insert into ${tables.index} (${columns.join(", ")})
  select ${values.join(", ")}${from}
  where ${condition} and $2::int = 0${shape.mayExist ? "\n  on conflict (id) do nothing" : ""}
  returning ${["id", "created_at as at", ...keptScope(tables, shape)].join(", ")}`;
};

const updateRow = (tables: EntityTables, shape: WriteShape): string => {
  const declared = assignments(tables, shape).map(({ column, value }) => `${column} = ${value}`);
  const { from, condition } = precondition(shape);
  const revision = revised(tables, shape);
  const set = ["version = $3::int", ...revision.set, ...declared];
  return `  update ${tables.index} u set ${set.join(", ")}${from}
  where u.id = $1::uuid and u.version = $2::int${ofItsScope(tables, shape)} and ${condition}${revision.condition}
  returning ${["u.id", "coalesce($4::timestamptz, now()) as at", ...keptScope(tables, shape).map((name) => `u.${name}`)].join(", ")}`;
};
