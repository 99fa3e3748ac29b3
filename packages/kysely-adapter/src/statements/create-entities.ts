import { type Statement, statement } from "../connection/statement.ts";
import { quoteName } from "../tables/quote.ts";
import { bound, given, insertEvents, ownColumns, restoreBound, taken } from "./batch-parts.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { keptSnapshotsOfAll } from "./snapshots.ts";

/**
 * Creates any number of entities, index rows and events, in one round trip: all or none.
 *
 * Parameters: $1 the members, $2 the events as `{"id", "sequence", "event"}`, both JSON lists; $3 their
 * context or null, $4 recorded at (or null for now), $5 bound on lock waits.
 * Locks: ids and unique values, by the insert, in the order of the first unique constraint and then of
 * the ids, so that batches over the same values do not block each other in a circle; the events table
 * only after that. A value that another transaction takes meanwhile is a unique violation, everything
 * else that is taken an answer. Relies on: users_pkey and the unique constraints' indexes.
 */
export const createEntities = (tables: EntityTables): Statement => {
  const { plan, index } = tables;
  const names = plan.columns.map(({ column }) => quoteName(column));
  const own = ownColumns(tables, DELETED_WHEN_NEW);
  const order = [...(plan.uniques[0]?.columns.map(quoteName) ?? []), "id"];
  return statement(
    `create_all_${plan.indexTable}`,
    `with ${bound("$5")},
${given(tables)},
${taken(tables, true)},
written as (
  insert into ${index} (${["id", "created_at", "version", ...own.names, ...names].join(", ")})
  select ${["id", "coalesce($4::timestamptz, now())", "version", ...own.values, ...names].join(", ")}
  from given
  where (select at from taken) is null
  order by ${order.join(", ")}
  returning id
)${keptSnapshotsOfAll(tables)}
select taken.at as taken_at, taken.which as taken_in,
  case when taken.at is null then ${insertEvents(tables)} end,
  ${restoreBound}
from bound left join taken on true`,
  );
};

const DELETED_WHEN_NEW = `case when "$deletion" = 'deleted' then coalesce($4::timestamptz, now()) end`;
