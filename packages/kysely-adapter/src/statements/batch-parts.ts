import type { UniquePlan } from "@annals/core/adapter";
import { sqlType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import { scopeNames } from "../tables/scope-columns.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { writtenColumns } from "./write-entity.ts";

// What the statements over many entities have in common. Their members come as one JSON list. Names that
// begin with $ are ours: no index column can have one.

/** One member of a batch, as the JSON parameter carries it beside its index columns. */
export interface BatchRow {
  readonly id: string;
  /** The version after the write. */
  readonly version: number;
  readonly $expected: number;
  /** Its place in the list that was given, to name it by. */
  readonly $at: number;
  /** Its place in the order of writing. */
  readonly $place: number;
  /** What its events do to the entity as a whole, where a lifecycle is declared. */
  readonly $deletion?: "deleted" | "restored";
  /** The state after the write, where it is kept. */
  readonly $snapshot?: object;
  readonly [column: string]: unknown;
}

/** What became of a batch: nothing was written when one of these says a place. */
export interface BatchOutcome {
  /** The first member that is not at its expected version. */
  readonly conflict?: number | null;
  /** The first member whose value is taken, and in which constraint: 0 is the id. */
  readonly taken_at: number | null;
  readonly taken_in: number | null;
  /** The place, among the constraints, of one whose values nothing can stand in for. */
  readonly stuck?: number | null;
}

/** Sets the bound on lock waits, before anything that could wait, and remembers the previous one. */
export const bound = (parameter: string): string => `bound as materialized (
  select current_setting('lock_timeout') as previous, set_config('lock_timeout', ${parameter}, true) as applied
)`;

/** The members, in the order of their ids. */
export const given = ({ plan }: EntityTables): string => {
  const columns = plan.columns.map(({ column, type }) => `${quoteName(column)} ${sqlType(type)}`);
  const deletion = plan.lifecycle === undefined ? [] : ['"$deletion" text'];
  const snapshot = plan.snapshot === undefined ? [] : ['"$snapshot" jsonb'];
  const own = [
    "id uuid",
    "version integer",
    '"$expected" integer',
    '"$at" integer',
    '"$place" integer',
  ];
  return `given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (${[...own, ...deletion, ...snapshot, ...columns].join(", ")})
  where bound.applied is not null
  order by g.id
)`;
};

/**
 * The members' rows, locked in the order of their ids whatever the plan: a subquery that locks is never
 * flattened into a join, so it runs once for each member as they come.
 */
export const locked = (tables: EntityTables, strength: "no key update" | "update"): string =>
  `locked as materialized (
  select ${["g.*", 'u.version as "$stored"', ...deletedAfter(tables)].join(", ")}
  from given g left join lateral (
    select * from ${tables.index} where id = g.id${ofItsScope(tables)} for ${strength}
  ) u on true
),
conflict as materialized (
  select min("$at") as at from locked where "$stored" is distinct from "$expected"
)`;

/** A row of another scope than its member's is as if it were not there. */
const ofItsScope = ({ plan }: EntityTables): string =>
  scopeNames(plan)
    .map((name) => ` and ${name} = g.${name}`)
    .join("");

/** When a member is deleted after the write, for entities with a lifecycle. */
const deletedAfter = ({ plan }: EntityTables): readonly string[] =>
  plan.lifecycle === undefined
    ? []
    : [
        `case g."$deletion" when 'deleted' then coalesce($4::timestamptz, now()) when 'restored' then null else u.deleted_at end as "$deleted"`,
      ];

/** The index row's own columns beside id and version, and their values. */
export const ownColumns = ({ plan }: EntityTables, deleted: string) => ({
  names: plan.lifecycle === undefined ? [] : ["deleted_at"],
  values: plan.lifecycle === undefined ? [] : [deleted],
});

/**
 * The first member whose value a row outside the batch has. Scalar subselects, which no plan turns into
 * a join over the whole table. `condition` switches it off; a value that is taken then fails.
 */
export const taken = (tables: EntityTables, creates: boolean, condition?: string): string => {
  const { plan, index } = tables;
  const isLive = plan.lifecycle === undefined ? "" : " and o.deleted_at is null";
  const outside = creates ? "" : " and o.id <> g.id and o.id not in (select id from given)";
  const holds = plan.lifecycle === undefined ? "" : `${creates ? LIVE_WHEN_NEW : LIVE_AFTER} and `;
  const ofId = creates ? [`(select true from ${index} o where o.id = g.id) then 0`] : [];
  const ofUniques = plan.uniques.map(
    (unique, at) =>
      `${holds}(select true from ${index} o where ${equal(unique, "o", "g")}${isLive}${outside}) then ${at + 1}`,
  );
  const cases = [...ofId, ...ofUniques].map((one) => `\n      when ${one}`);
  if (cases.length === 0) {
    // The parameter has to occur: one that a statement does not know cannot be given to it.
    const never = condition === undefined ? "false" : `false and ${condition}`;
    return `taken as materialized (select 0 as at, 0 as which where ${never})`;
  }
  return `taken as materialized (
  select g."$at" as at, c.which
  from ${creates ? "given" : "locked"} g cross join lateral (select case${cases.join("")}
    end as which) c
  where c.which is not null${condition === undefined ? "" : ` and ${condition}`}
  order by g."$at"
  limit 1
)`;
};

const LIVE_WHEN_NEW = `g."$deletion" is distinct from 'deleted'`;
const LIVE_AFTER = 'g."$deleted" is null';

const equal = ({ columns }: UniquePlan, one: string, other: string): string =>
  columns.map((name) => `${one}.${quoteName(name)} = ${other}.${quoteName(name)}`).join(" and ");

/** The rows of the members for which `condition` holds, moved on in the order of `$place`. */
export const moved = (tables: EntityTables, condition: string): string => {
  const { plan, index } = tables;
  const names = plan.columns.map(({ column }) => quoteName(column));
  const own = ownColumns(tables, '"$deleted"');
  const written = writtenColumns(plan, false).map(({ column }) => quoteName(column));
  const set = ["version", ...own.names, ...written];
  return `written as (
  insert into ${index} (${["id", "created_at", "version", ...own.names, ...names].join(", ")})
  select ${["id", "now()", "version", ...own.values, ...names].join(", ")}
  from locked
  where ${condition}
  order by "$place"
  on conflict (id) do update set ${set.map((name) => `${name} = excluded.${name}`).join(", ")}
  returning id
)`;
};

/** The call that inserts the members' events. */
export const insertEvents = ({ events }: EntityTables): string =>
  `${events.replace(/"$/, '_insert"')}((select array_agg(id) from written), $2::json, $3::jsonb, coalesce($4::timestamptz, now()))`;

export const restoreBound = "set_config('lock_timeout', bound.previous, true)";
