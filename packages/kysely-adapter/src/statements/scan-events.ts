import type { TopicPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify, quoteText } from "../tables/quote.ts";

/**
 * The position at which a batch of events after another position ends.
 * Parameters: $1 position, $2 events in a batch, $3 last position of all. Locks: none.
 * Relies on: user_events_position_key, alone.
 */
export const eventBatchEnd = (schema: string, { eventsTable }: TopicPlan): Statement =>
  statement(
    `event_batch_end_${eventsTable}`,
    `select position, (count(*) over ())::int as rows
from (
  select position from ${qualify(schema, eventsTable)}
  where position > $1::bigint and position <= $3::bigint order by position limit $2::bigint
) batch
order by position desc limit 1`,
  );

export interface EventBatchEndRow {
  readonly position: number | string;
  readonly rows: number;
}

/**
 * The events of a range of positions, as narrow as decoding takes them: of binary data only whether there
 * is any.
 * Parameters: $1 position before the range, $2 last position. Locks: none.
 * Relies on: user_events_position_key.
 */
export const eventRange = (schema: string, { kind, eventsTable }: TopicPlan): Statement => {
  const place = kind === "entity" ? "id::text as id, sequence" : "key as id, 0 as sequence";
  const binary = kind === "entity" ? "false" : "bytes is not null";
  return statement(
    `event_range_${eventsTable}`,
    `select ${place}, position, event, ${binary} as "hasBytes"
from ${qualify(schema, eventsTable)}
where position > $1::bigint and position <= $2::bigint
order by position`,
  );
};

export interface EventRangeRow {
  readonly id: string;
  readonly sequence: number;
  readonly position: number | string;
  readonly event: Record<string, never>;
  readonly hasBytes: boolean;
}

/**
 * The position of the newest event, and how many there are by the planner's estimate.
 * Parameters: none. Locks: none. Relies on: user_events_position_key.
 */
export const eventsExtent = (schema: string, { eventsTable }: TopicPlan): Statement => {
  const table = qualify(schema, eventsTable);
  const oid = `${quoteText(table)}::regclass`;
  return statement(
    `events_extent_${eventsTable}`,
    `select (select max(position) from ${table}) as last, (
  select coalesce(sum(greatest(reltuples, 0)), 0)::float8 from pg_class
  where relkind = 'r' and (oid = ${oid} or oid in (select relid from pg_partition_tree(${oid})))
) as count`,
  );
};

export interface EventsExtentRow {
  readonly last: number | string | null;
  readonly count: number;
}
