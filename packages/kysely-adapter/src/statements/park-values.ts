import type { ColumnPlan, UniquePlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { sqlType } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import { bound, given, locked, ownColumns, restoreBound, taken } from "./batch-parts.ts";
import type { EntityTables } from "./entity-table-names.ts";

/** A column in which a value makes room, and the constraints that it does so for. */
export interface ParkedColumn {
  readonly column: ColumnPlan;
  readonly uniques: readonly UniquePlan[];
}

/** The key under which a parked member carries what may stand in for its value in a column. */
export const standInsKey = ({ column }: ColumnPlan): string => `$${column}`;

/**
 * Before a batch in which unique values go around in a circle: locks all members and looks whether the
 * batch can be, and then gives some of them other values for the moment, NULL where that is allowed, or
 * else the first of the given ones that fulfils the column's conditions and is free. The batch itself
 * follows in the same transaction. It updates by ON CONFLICT as well: an UPDATE would join, and a join
 * may read the whole table.
 *
 * Parameters: $1 all members; $2 those that make room, a JSON list of `{"$id"}` with a list of values
 * under each column's key; $3 bound on lock waits; with a lifecycle, $4 recorded at (or null for now). Locks: as the batch itself.
 * Relies on: users_pkey and the unique constraints' indexes.
 */
export const parkValues = (tables: EntityTables, columns: readonly ParkedColumn[]): Statement => {
  const { index } = tables;
  const carried = columns.map(
    ({ column }) => `${quoteName(standInsKey(column))} ${sqlType(column.type)}[]`,
  );
  const chosen = columns.map((one) => `${choice(tables, one)} as ${quoteName(one.column.column)}`);
  const stuck = columns.map(({ column }, at) => {
    const isStuck = column.nullable
      ? "false"
      : `p.${quoteName(standInsKey(column))} is not null and p.${quoteName(column.column)} is null`;
    return `\n    when ${isStuck} then ${at}`;
  });
  const parks = columns.map(({ column }) => quoteName(column.column));
  const values = tables.plan.columns.map(({ column }) => {
    const name = quoteName(column);
    if (!parks.includes(name)) return `u.${name}`;
    const key = quoteName(`$${column}`);
    return `case when p.${key} is null then u.${name} else p.${name} end`;
  });
  const names = tables.plan.columns.map(({ column }) => quoteName(column));
  const own = ownColumns(tables, "u.deleted_at");
  return statement(
    `park_${tables.plan.indexTable}`,
    `with ${bound("$3")},
${given(tables)},
${locked(tables, "update")},
${taken(tables, false)},
parked as materialized (
  select p.*, ${chosen.join(", ")}
  from json_to_recordset($2::json) as p (${['"$id" uuid', ...carried].join(", ")})
    cross join lateral (select * from ${index} where id = p."$id" limit 1) u
),
stuck as materialized (
  select min(case${stuck.join("")}
  end) as at from parked p
),
moved as (
  insert into ${index} (${["id", "created_at", "version", ...own.names, ...names].join(", ")})
  select ${["u.id", "u.created_at", "u.version", ...own.values, ...values].join(", ")}
  from parked p cross join lateral (select * from ${index} where id = p."$id" limit 1) u
  where (select at from conflict) is null and (select at from taken) is null
    and (select at from stuck) is null
  on conflict (id) do update set ${parks.map((name) => `${name} = excluded.${name}`).join(", ")}
  returning id
)
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in, stuck.at as stuck,
  (select count(*) from moved) as parked,
  ${restoreBound}
from bound cross join conflict cross join stuck left join taken on true`,
  );
};

/** The first value that fits; NULL for a column that may have none, and where nothing fits. */
const choice = ({ index, plan }: EntityTables, { column, uniques }: ParkedColumn): string => {
  const name = quoteName(column.column);
  if (column.nullable) return `null::${sqlType(column.type)}`;
  // Named as the column, so that the column's own condition speaks of it.
  const isLive = plan.lifecycle === undefined ? "" : " and o.deleted_at is null";
  const isFree = uniques.map(({ columns }) => {
    const same = columns.map((other) => {
      const quoted = quoteName(other);
      return `o.${quoted} = ${other === column.column ? `s.${name}` : `u.${quoted}`}`;
    });
    return `(select true from ${index} o where ${same.join(" and ")}${isLive}) is null`;
  });
  const conditions = [
    ...(column.check === undefined ? [] : [`(${column.check}) is not false`]),
    ...isFree,
  ];
  return `(
    select s.${name} from unnest(p.${quoteName(standInsKey(column))}) with ordinality as s (${name}, "$nth")
    where ${conditions.join(" and ")}
    order by s."$nth" limit 1
  )`;
};
