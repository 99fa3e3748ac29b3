import { DELETED_AT } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { sqlType } from "../tables/column-sql.ts";
import { EVENT_COLUMNS } from "../tables/events-guards.ts";
import { quoteName } from "../tables/quote.ts";
import { eventScope } from "../tables/scope-guards.ts";
import type { EntityTables } from "./entity-table-names.ts";

// Two statements in one transaction, so that the events table is locked only when no index row is waited
// for any more: consumers of the topic wait for whoever holds that lock.

/**
 * Writes the index rows of histories from elsewhere. An id that is taken is passed over.
 * Parameters: $1 a JSON list of `{"id", "version", "$createdAt", "$deletedAt", …columns}`.
 * Returns the ids that were written. Locks: ids and unique values, in the order of the first unique
 * constraint and then of the ids. Relies on: users_pkey and the unique constraints' indexes.
 */
export const importIndexRows = ({ plan, index }: EntityTables): Statement => {
  const declared = plan.columns.map(({ column, type }) => ({
    name: quoteName(column),
    type: sqlType(type),
  }));
  const names = declared.map(({ name }) => name);
  const deleted = plan.lifecycle === undefined ? [] : ['"$deletedAt"'];
  const written = plan.lifecycle === undefined ? [] : [quoteName(DELETED_AT.column)];
  const order = [...(plan.uniques[0]?.columns.map(quoteName) ?? []), "id"];
  const given = [
    "id uuid",
    "version integer",
    '"$createdAt" timestamptz',
    '"$deletedAt" timestamptz',
    ...declared.map(({ name, type }) => `${name} ${type}`),
  ];
  return statement(
    `import_rows_${plan.indexTable}`,
    `insert into ${index} (${["id", "version", "created_at", ...written, ...names].join(", ")})
select ${["id", "version", '"$createdAt"', ...deleted, ...names].join(", ")}
from json_to_recordset($1::json) as given (${given.join(", ")})
order by ${order.join(", ")}
on conflict (id) do nothing
returning id`,
  );
};

/**
 * Writes the events of histories whose index rows were just written, each with its own time and context.
 * Parameters: $1 a JSON list of histories as they are exported, $2 the ids to take of them.
 * Locks: the events table. Relies on: nothing.
 */
export const importEvents = ({ plan, schema, events }: EntityTables): Statement => {
  const names = { schema, index: plan.indexTable, events: plan.eventsTable };
  const scoped = eventScope(plan, names, "h.id");
  return statement(
    `import_events_${plan.eventsTable}`,
    `insert into ${events} (${[EVENT_COLUMNS, ...scoped.names].join(", ")})
select ${[`h.id, e.sequence, e.event ->> 'type', e.event, e.context, e."recordedAt", coalesce((e.event ->> 'v')::smallint, 1)`, ...scoped.values].join(", ")}
from json_to_recordset($1::json) as h (id uuid, events json)
cross join lateral json_to_recordset(h.events) as e (
  sequence integer, event jsonb, context jsonb, "recordedAt" timestamptz
)
where h.id in (select unnest($2::uuid[]))
order by h.id, e.sequence`,
  );
};
