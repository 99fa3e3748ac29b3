import type { PastBound, Visibility } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { scopeOnly } from "./in-scope.ts";
import { visibleOnly } from "./visible-rows.ts";

/** Where the events that are read end, in SQL over the events `e`; $2 is the version, the position or the time. */
const BOUNDS = {
  version: () => "sequence <= $2::int",
  position: () => "position <= $2::bigint",
  // Nothing that was recorded later is shown, nor what was built on it: times need not rise with the
  // sequence, since a transaction's time is that of its beginning.
  time: (events: string) =>
    `sequence < coalesce((
      select min(sequence) from ${events} where id = u.id and recorded_at > $2::timestamptz
    ), 2147483647)`,
} as const;

/**
 * Loads one entity's events up to a version or a position, or before the first one recorded after a time.
 * Parameters: $1 id, $2 version, position or time; from $3 on, the scope where one is seen alone. Locks: none.
 * Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadPast = (
  tables: EntityTables,
  kind: PastBound["kind"],
  seen?: Visibility,
): Statement =>
  statement(
    `load_past_${kind}_${tables.plan.indexTable}`,
    `select u.id, u.version, (select json_agg(e.event) from (
    select event from ${tables.events} where id = u.id and ${BOUNDS[kind](tables.events)} order by sequence
  ) e) as events
from ${tables.index} u
where u.id = $1::uuid${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 3)}`,
  );
