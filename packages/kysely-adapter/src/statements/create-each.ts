import { type Statement, statement } from "../connection/statement.ts";
import { quoteName } from "../tables/quote.ts";
import { bound, given, insertEvents, ownColumns, restoreBound } from "./batch-parts.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { keptSnapshotsOfAll } from "./snapshots.ts";

/**
 * Creates any number of entities that have nothing to do with each other, in one round trip: each whose id and
 * unique values are free. The answer names the places of the others.
 *
 * Parameters: $1 the members, $2 the events as `{"id", "sequence", "event"}`, both JSON lists; $3 their
 * context or null, $4 recorded at (or null for now), $5 bound on lock waits.
 * Locks: ids and unique values, by the insert, in the order of the first unique constraint and then of the ids, so
 * that statements over the same values do not block each other in a circle; the events table only after that.
 * A value that somebody else is just taking is waited for up to the bound. Relies on: users_pkey and the
 * unique constraints' indexes.
 */
export const createEach = (tables: EntityTables): Statement => {
  const { plan, index } = tables;
  const names = plan.columns.map(({ column }) => quoteName(column));
  const own = ownColumns(tables, "null::timestamptz");
  const order = [...(plan.uniques[0]?.columns.map(quoteName) ?? []), "id"];
  return statement(
    `create_each_${plan.indexTable}`,
    `with ${bound("$5")},
${given(tables)},
written as (
  insert into ${index} (${["id", "created_at", "version", ...own.names, ...names].join(", ")})
  select ${["id", "coalesce($4::timestamptz, now())", "version", ...own.values, ...names].join(", ")}
  from given
  order by ${order.join(", ")}
  on conflict do nothing
  returning id
)${keptSnapshotsOfAll(tables)}
select ${insertEvents(tables)},
  (select string_agg("$at"::text, ',') from given where id not in (select id from written)) as refused,
  ${restoreBound}
from bound`,
  );
};
