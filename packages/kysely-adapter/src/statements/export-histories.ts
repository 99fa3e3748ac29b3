import { type Statement, statement } from "../connection/statement.ts";
import { quoteText } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { fromId } from "./scan-entities.ts";

/**
 * A whole history as one line of JSON, written by the database from what it stores, so that no number
 * or text goes through another representation.
 */
const line = ({ plan, events }: EntityTables): string => {
  const time = `to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const event = `'{"sequence":' || sequence || ',"recordedAt":"' || ${time} || '","event":' || event::text
      || ',"context":' || coalesce(context::text, 'null') || '}'`;
  const entity = quoteText(JSON.stringify(plan.name));
  return `'{"entity":' || ${entity} || ',"id":"' || u.id || '","version":' || u.version || ',"events":[' || coalesce((
    select string_agg(${event}, ',' order by sequence)
    from ${events} where id = u.id
  ), '') || ']}'`;
};

/**
 * Every history of a range of ids.
 * Parameters: $1 id before the range or null, $2 last id. Locks: none.
 * Relies on: users_pkey, user_events_id_sequence_key.
 */
export const exportRange = (tables: EntityTables): Statement =>
  statement(
    `export_range_${tables.plan.indexTable}`,
    `select u.id, ${line(tables)} as line
from ${tables.index} u
where u.id > ${fromId} and u.id <= $2::uuid
order by u.id`,
  );

/**
 * The histories of these entities, as far as they exist.
 * Parameters: $1 ids. Locks: none. Relies on: users_pkey, user_events_id_sequence_key.
 */
export const exportThese = (tables: EntityTables): Statement =>
  statement(
    `export_these_${tables.plan.indexTable}`,
    `select u.id, ${line(tables)} as line
from ${tables.index} u
where u.id = any ($1::uuid[])`,
  );

export interface ExportedRow {
  readonly id: string;
  readonly line: string;
}
