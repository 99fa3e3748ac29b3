import type { PublishedPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { publishFunctionName } from "../tables/publish-function.ts";
import { qualify, quoteText } from "../tables/quote.ts";

/**
 * Publishes any number of events to one topic, in one round trip.
 *
 * Parameters: $1 a JSON list of `{"key", "event", "headers", "bytes", "once"}`, $2 their context or
 * null, $3 recorded at (or null for now), $4 bound on lock waits, $5 how long deduplication keys are
 * remembered, or null when none of the events has one.
 * Locks: the deduplication keys' rows first, then the events table, then the latest events' rows.
 * Relies on: topic_deduplication_keys_pkey, order_compacted_pkey.
 */
export const publishEvents = (schema: string, plan: PublishedPlan): Statement =>
  statement(
    `publish_${plan.eventsTable}`,
    `select published, duplicates, last_position
from ${publishFunctionName(schema, plan.eventsTable)}($1::json, $2::jsonb, $3::timestamptz, $4, $5::interval)`,
  );

export interface PublishedRow {
  readonly published: number | string;
  readonly duplicates: number | string;
  readonly last_position: number | string | null;
}

/**
 * Reads the latest event of a key.
 * Parameters: $1 key. Locks: none. Relies on: order_compacted_pkey.
 */
export const latestEvent = (
  schema: string,
  { name, eventsTable, compaction }: PublishedPlan,
): Statement | undefined =>
  compaction &&
  statement(
    `latest_${eventsTable}`,
    `select ${quoteText(name)} as topic, key as id, 0 as sequence, position,
  round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event, headers, bytes
from ${qualify(schema, compaction.latestView)}
where key = $1`,
  );
