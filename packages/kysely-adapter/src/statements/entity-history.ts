import type { JsonObject } from "@annals/core";
import type { HistoryEvent, Visibility } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { scopeOnly } from "./in-scope.ts";
import { visibleOnly } from "./visible-rows.ts";

/**
 * A stretch of one entity's events with all that is stored with them, as one value; a row without it
 * says that the entity has none there, no row that there is no entity.
 * Parameters: $1 id, $2 above this sequence, $3 below this sequence, $4 limit; from $5 on, the
 * scope where one is seen alone. Locks: none.
 * Relies on: users_pkey, user_events_id_sequence_key.
 */
export const entityHistory = (
  tables: EntityTables,
  direction: "asc" | "desc",
  seen?: Visibility,
): Statement =>
  statement(
    `history_${direction}_${tables.plan.indexTable}`,
    `select (select json_agg(json_build_array(e.sequence, e.position, e.recorded_at, e.context, e.event)) from (
    select sequence, position, recorded_at, context, event from ${tables.events}
    where id = u.id and sequence > $2::int and sequence < $3::int
    order by sequence ${direction}
    limit $4::int
  ) e) as events
from ${tables.index} u
where u.id = $1::uuid${visibleOnly(tables, seen)}${scopeOnly(tables, seen, 5)}`,
  );

export interface HistoryRow {
  readonly events: readonly HistoryValues[] | null;
}

type HistoryValues = readonly [
  sequence: number,
  position: number,
  /** As JSON spells it, which no DateStyle changes. */
  recordedAt: string,
  context: JsonObject | null,
  event: JsonObject,
];

export const toHistoryEvents = ({ events }: HistoryRow): readonly HistoryEvent[] =>
  (events ?? []).map(([sequence, position, recordedAt, context, body]) => ({
    sequence,
    position,
    recordedAt: new Date(recordedAt),
    context,
    body,
  }));
