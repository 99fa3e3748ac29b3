import { type Statement, statement } from "../connection/statement.ts";
import { qualify } from "../tables/quote.ts";
import { SERVER_LIFE } from "./server-life.ts";

/**
 * Reads the last position that the sequence gave out, the highest position in use by an event of the
 * topics or by any checkpoint, and the server's life. The first look of a settled reading.
 *
 * `used` is seen by the statement's snapshot, taken before the sequence is read, so in a healthy
 * database `used` ≤ `last` always.
 * With it goes the version of a consumer, which changes when somebody decides something about it.
 * Parameters: $1 the consumer. Locks: none. Relies on: user_events_position_key, read backwards.
 */
export const lastPosition = (schema: string, eventsTables: readonly string[]): Statement => {
  const highest = eventsTables.map(
    (table) => `(select max(position) from ${qualify(schema, table)})`,
  );
  return statement(
    `last_position_${eventsTables.join("_")}`,
    `select case when is_called then last_value else last_value - 1 end as last,
  coalesce(greatest(${highest.join(", ")}, (select max(position) from annals.checkpoints)), 0) as used,
  ${SERVER_LIFE} as server_start,
  coalesce((select version from annals.consumers where name = $1), 0) as version
from annals.position`,
  );
};

export interface LastPositionRow {
  readonly last: number | string;
  readonly used: number | string;
  readonly server_start: string;
  readonly version: number | string;
}
